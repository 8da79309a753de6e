using Microsoft.Extensions.Options;
using Stagedoor.Addons.Packages;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Templates;

/// <summary>The catalogue of an account: templates of add-ons and their versions.</summary>
internal sealed class TemplateStore(AddonsDb db, LibraryStore libraries, PackageStore packages, TimeProvider clock, IOptions<AddonsOptions> options)
{
    private const int NamedUses = 10;

    private const string TemplateColumns = "domain_id, name, alias, type, require, labels, logo_type, logo_url, readme_url, description, created_at, updated_at";

    private const string VersionColumns = """
        domain_id, template, version, library_id, digest, size, file_name, stable, input, translate, support_versions, requires, conflicts, crds, kube_version, namespace,
        release_name, values_schema, uploaded_by, removing, created_at, updated_at
        """;

    // A list does not show the schemas, which are large.
    private static readonly string s_listed = VersionColumns.Replace("values_schema", "'' AS values_schema", StringComparison.Ordinal);

    public Task<AddonTemplate?> FindAsync(string domainId, string name, CancellationToken cancellationToken) => db.FindAsync<AddonTemplate>(
        $"SELECT {TemplateColumns} FROM addon_template WHERE domain_id = @domainId AND name = @name", new { domainId, name }, cancellationToken);

    public Task<IReadOnlyList<AddonTemplate>> ListAsync(string domainId, CancellationToken cancellationToken) => db.QueryAsync<AddonTemplate>(
        $"SELECT {TemplateColumns} FROM addon_template WHERE domain_id = @domainId ORDER BY name", new { domainId }, cancellationToken);

    /// <summary>A version, also one that is being deleted.</summary>
    public Task<AddonVersion?> FindVersionAsync(string domainId, string template, string version, CancellationToken cancellationToken) => db.FindAsync<AddonVersion>(
        $"SELECT {VersionColumns} FROM addon_version WHERE domain_id = @domainId AND template = @template AND version = @version",
        new { domainId, template, version },
        cancellationToken);

    /// <summary>
    /// A version that may be installed, held until the transaction ends: whoever deletes it waits, and sees the instance that was written meanwhile. Null when it is
    /// gone or being deleted.
    /// </summary>
    public Task<AddonVersion?> HoldVersionAsync(DbSession session, string domainId, string template, string version) => session.FindAsync<AddonVersion>(
        $"SELECT {VersionColumns} FROM addon_version WHERE domain_id = @domainId AND template = @template AND version = @version AND removing = 0{db.ForKeyShare}",
        new { domainId, template, version });

    /// <summary>The versions of a template, or of all where none is named, without their schemas.</summary>
    public Task<IReadOnlyList<AddonVersion>> ListVersionsAsync(string domainId, string? template, CancellationToken cancellationToken) => db.QueryAsync<AddonVersion>(
        $"SELECT {s_listed} FROM addon_version WHERE domain_id = @domainId{(template is null ? "" : " AND template = @template")}", new { domainId, template }, cancellationToken);

    /// <summary>Versions that are being removed.</summary>
    public Task<IReadOnlyList<AddonVersion>> ListRemovingAsync(CancellationToken cancellationToken) =>
        db.QueryAsync<AddonVersion>($"SELECT {s_listed} FROM addon_version WHERE removing = 1", null, cancellationToken);

    /// <summary>The versions of all templates with what they demand of clusters and of one another, and nothing else that is large.</summary>
    public Task<IReadOnlyList<AddonVersion>> ListRulesAsync(string domainId, CancellationToken cancellationToken) => db.QueryAsync<AddonVersion>(
        """
        SELECT domain_id, template, version, support_versions, requires, conflicts, kube_version, removing, library_id, digest, input FROM addon_version WHERE domain_id = @domainId
        """,
        new { domainId },
        cancellationToken);

    /// <summary>Records a version whose package is stored.</summary>
    /// <param name="template">The template, which is made or changed with it.</param>
    /// <param name="version">The version.</param>
    /// <param name="logo">The picture; null leaves the one that there is.</param>
    /// <param name="overrides">Whether one of the same number is replaced, if its bytes are the same or nothing uses it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<Published> PublishAsync(AddonTemplate template, AddonVersion version, byte[]? logo, bool overrides, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return db.TransactAsync(
            async session =>
            {
                // Of two that publish in one account one waits, so that counts and what is replaced are of now.
                await libraries.HoldAsync(session, version.DomainId, LibraryStore.Account);
                if (!await packages.HoldAsync(session, version.LibraryId, version.Digest))
                {
                    return new Published(PublishOutcome.Lost);
                }

                var old = await session.FindAsync<AddonVersion>(
                    $"SELECT {VersionColumns} FROM addon_version WHERE domain_id = @DomainId AND template = @Template AND version = @Version{db.ForUpdate}", version);
                if (old is not null)
                {
                    if (old.Removing != 0)
                    {
                        return new(PublishOutcome.Removing);
                    }

                    if (!overrides)
                    {
                        return new(PublishOutcome.Present);
                    }

                    if (!string.Equals(old.Digest, version.Digest, StringComparison.Ordinal) && await UsesAsync(session, old) is { All: > 0 } uses)
                    {
                        return new(PublishOutcome.InUse, Uses: uses);
                    }
                }
                else if (await session.FindAsync<long>("SELECT COUNT(*) FROM addon_version WHERE domain_id = @DomainId", version) >= options.Value.MaxVersionsPerAccount)
                {
                    return new(PublishOutcome.TooMany);
                }

                await WriteAsync(session, template with { CreatedAt = now, UpdatedAt = now }, logo);
                var row = version with { CreatedAt = old?.CreatedAt ?? now, UpdatedAt = now };
                await WriteAsync(session, row);
                return new(PublishOutcome.Done, row, old is not null && !string.Equals(old.Digest, version.Digest, StringComparison.Ordinal) ? old : null);
            },
            cancellationToken);
    }

    /// <summary>Changes what is written of a template and of some of its versions, under the template's row; null when it is gone.</summary>
    public Task<AddonTemplate?> ChangeAsync(
        string domainId, string name, Func<AddonTemplate, AddonTemplate> change, IReadOnlyDictionary<string, Func<AddonVersion, AddonVersion>> versions, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return db.TransactAsync(
            async session =>
            {
                await libraries.HoldAsync(session, domainId, LibraryStore.Account);
                if (await session.FindAsync<AddonTemplate>(
                    $"SELECT {TemplateColumns} FROM addon_template WHERE domain_id = @domainId AND name = @name{db.ForUpdate}", new { domainId, name }) is not { } old)
                {
                    return null;
                }

                var row = change(old) with { UpdatedAt = now };
                await WriteAsync(session, row, logo: null);
                foreach (var (number, changed) in versions.OrderBy(static v => v.Key, StringComparer.Ordinal))
                {
                    if (await session.FindAsync<AddonVersion>(
                        $"SELECT {VersionColumns} FROM addon_version WHERE domain_id = @domainId AND template = @name AND version = @number{db.ForUpdate}",
                        new { domainId, name, number }) is { } version)
                    {
                        await WriteAsync(session, changed(version) with { UpdatedAt = now });
                    }
                }

                return row;
            },
            cancellationToken);
    }

    /// <summary>
    /// Begins to delete a version, or all of a template: from then on nothing installs them. Whoever installs one holds its row until the instance is committed, so
    /// that either this sees the instance, or the install does not find the version.
    /// </summary>
    public Task<Removal> BeginRemovalAsync(string domainId, string template, string? version, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await libraries.HoldAsync(session, domainId, LibraryStore.Account);
            var values = new { domainId, template, version };
            var which = $"domain_id = @domainId AND template = @template{(version is null ? "" : " AND version = @version")}";
            var found = await session.QueryAsync<AddonVersion>($"SELECT {VersionColumns} FROM addon_version WHERE {which} ORDER BY version{db.ForUpdate}", values);
            foreach (var one in found)
            {
                if (await UsesAsync(session, one) is { All: > 0 } uses)
                {
                    return new Removal([], one, uses);
                }
            }

            await session.ExecuteAsync($"UPDATE addon_version SET removing = 1 WHERE {which}", values);
            return new(found);
        },
        cancellationToken);

    /// <summary>Gives a version back whose package could not be removed, unless somebody else removes it by now, who forgets it then.</summary>
    public Task<int> EndRemovalAsync(AddonVersion version, CancellationToken cancellationToken) => db.TransactAsync(
        async session => await packages.HoldAsync(session, version.LibraryId, version.Digest)
            ? await session.ExecuteAsync("UPDATE addon_version SET removing = 0 WHERE domain_id = @DomainId AND template = @Template AND version = @Version", version)
            : 0,
        cancellationToken);

    /// <summary>Forgets a version whose package is gone, and the template with its last one. False when somebody else has.</summary>
    public Task<bool> ForgetAsync(AddonVersion version, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await libraries.HoldAsync(session, version.DomainId, LibraryStore.Account);
            var isMine = await session.ExecuteAsync(
                "DELETE FROM addon_version WHERE domain_id = @DomainId AND template = @Template AND version = @Version AND removing = 1", version) == 1;
            await session.ExecuteAsync(
                """
                DELETE FROM addon_template WHERE domain_id = @DomainId AND name = @Template
                    AND NOT EXISTS (SELECT 1 FROM addon_version v WHERE v.domain_id = @DomainId AND v.template = @Template)
                """,
                version);
            return isMine;
        },
        cancellationToken);

    private static async Task<VersionUses> UsesAsync(DbSession session, AddonVersion version)
    {
        const string Where = "domain_id = @DomainId AND template = @Template AND (version = @Version OR (operation <> '' AND target_version = @Version))";
        var all = await session.FindAsync<long>($"SELECT COUNT(*) FROM addon_instance WHERE {Where}", version);
        return all == 0
            ? new([], 0)
            : new(await session.QueryAsync<string>($"SELECT cluster_id || '/' || id FROM addon_instance WHERE {Where} ORDER BY cluster_id, id LIMIT {NamedUses}", version), all);
    }

    private static Task<int> WriteAsync(DbSession session, AddonTemplate template, byte[]? logo) => session.ExecuteAsync(
        """
        INSERT INTO addon_template (domain_id, name, alias, type, require, labels, logo_type, logo, logo_url, readme_url, description, created_at, updated_at)
        VALUES (@DomainId, @Name, @Alias, @Type, @Require, @Labels, @LogoType, @logo, @LogoUrl, @ReadmeUrl, @Description, @CreatedAt, @UpdatedAt)
        ON CONFLICT (domain_id, name) DO UPDATE SET alias = @Alias, type = @Type, require = @Require, labels = @Labels,
            logo_type = CASE WHEN @hasLogo = 1 THEN @LogoType ELSE addon_template.logo_type END, logo = CASE WHEN @hasLogo = 1 THEN @logo ELSE addon_template.logo END,
            logo_url = @LogoUrl, readme_url = @ReadmeUrl, description = @Description, updated_at = @UpdatedAt
        """,
        new
        {
            template.DomainId,
            template.Name,
            template.Alias,
            template.Type,
            template.Require,
            template.Labels,
            template.LogoType,
            template.LogoUrl,
            template.ReadmeUrl,
            template.Description,
            template.CreatedAt,
            template.UpdatedAt,
            logo = logo ?? [],
            hasLogo = logo is null ? 0 : 1,
        });

    private static Task<int> WriteAsync(DbSession session, AddonVersion version) => session.ExecuteAsync(
        """
        INSERT INTO addon_version (
            domain_id, template, version, library_id, digest, size, file_name, stable, input, translate, support_versions, requires, conflicts, crds, kube_version,
            namespace, release_name, values_schema, uploaded_by, removing, created_at, updated_at)
        VALUES (
            @DomainId, @Template, @Version, @LibraryId, @Digest, @Size, @FileName, @Stable, @Input, @Translate, @SupportVersions, @Requires, @Conflicts, @Crds, @KubeVersion,
            @Namespace, @ReleaseName, @ValuesSchema, @UploadedBy, 0, @CreatedAt, @UpdatedAt)
        ON CONFLICT (domain_id, template, version) DO UPDATE SET
            library_id = @LibraryId, digest = @Digest, size = @Size, file_name = @FileName, stable = @Stable, input = @Input, translate = @Translate,
            support_versions = @SupportVersions, requires = @Requires, conflicts = @Conflicts, crds = @Crds, kube_version = @KubeVersion, namespace = @Namespace,
            release_name = @ReleaseName, values_schema = @ValuesSchema, uploaded_by = @UploadedBy, updated_at = @UpdatedAt
        """,
        version);
}

/// <summary>What became of a publication.</summary>
internal enum PublishOutcome
{
    Done,

    /// <summary>The version is there already, and was not to be replaced.</summary>
    Present,

    /// <summary>The version is there with other bytes, and used.</summary>
    InUse,

    /// <summary>The version is being deleted.</summary>
    Removing,

    /// <summary>The account has as many as it may.</summary>
    TooMany,

    /// <summary>The package was removed before it was recorded.</summary>
    Lost,
}

/// <summary>What became of a publication.</summary>
/// <param name="Outcome">In a word.</param>
/// <param name="Version">The version as it is now.</param>
/// <param name="Replaced">The one before, where its package is another.</param>
/// <param name="Uses">What uses it.</param>
internal sealed record Published(PublishOutcome Outcome, AddonVersion? Version = null, AddonVersion? Replaced = null, VersionUses? Uses = null);

/// <summary>What is to be deleted, or why it is not.</summary>
/// <param name="Versions">The versions; none where there are none, or one is used.</param>
/// <param name="Used">One that is used.</param>
/// <param name="Uses">By what.</param>
internal sealed record Removal(IReadOnlyList<AddonVersion> Versions, AddonVersion? Used = null, VersionUses? Uses = null);

/// <summary>What uses a version.</summary>
/// <param name="Named">Some, as cluster and instance.</param>
/// <param name="All">How many there are.</param>
internal sealed record VersionUses(IReadOnlyList<string> Named, long All);
