using System.IO.Pipelines;
using System.Text.Json;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Images.Packages;

/// <summary>The meta file of a repository: <c>meta.json</c>, a list of all its packages, versions and files with their sizes and hashes.</summary>
/// <remarks>
/// It is written anew after a change, and found to be out of date by whoever asks for it when that did not come to its end. Of two that write it the later
/// state stays, whoever comes last.
/// </remarks>
internal sealed class PackageMeta(ImagesDb db, PackageContent content)
{
    private const int Batch = 100;
    private const int Flush = 64 * 1024;

    /// <summary>The meta file as it was last written, up to date or not; null when there is none.</summary>
    public Task<PackageMetaRow?> FindAsync(long repositoryId, CancellationToken cancellationToken) => db.FindAsync<PackageMetaRow>(
        """
        SELECT m.digest, m.size, m.revision, r.revision AS newest FROM package_meta m JOIN package_repos r ON r.id = m.package_repo_id
        WHERE m.package_repo_id = @repositoryId
        """,
        new { repositoryId },
        cancellationToken);

    /// <summary>The meta file, written anew when it is out of date; null when the repository is gone.</summary>
    public async Task<PackageMetaRow?> RefreshAsync(long repositoryId, CancellationToken cancellationToken)
    {
        var known = await FindAsync(repositoryId, cancellationToken).FaultAs(ImagesCodes.SyncMetaFileFailed);
        return known is { } row && row.Revision >= row.Newest ? row
            : await WriteAsync(repositoryId, cancellationToken) ? await FindAsync(repositoryId, cancellationToken).FaultAs(ImagesCodes.SyncMetaFileFailed)
            : null;
    }

    /// <summary>Writes it anew; false when the repository is gone.</summary>
    /// <exception cref="ApiException">It could not be written.</exception>
    public async Task<bool> WriteAsync(long repositoryId, CancellationToken cancellationToken)
    {
        try
        {
            // What is written may be later than this, never earlier.
            if (await db.FindAsync<PackageHead>(
                """
                SELECT o.domain_name, o.name AS organization, r.name AS repository, r.revision
                FROM package_repos r JOIN organizations o ON o.id = r.organization_id WHERE r.id = @repositoryId
                """,
                new { repositoryId },
                cancellationToken) is not { } head)
            {
                return false;
            }

            await using var upload = await content.BeginAsync(repositoryId, cancellationToken);
            var isStored = false;
            try
            {
                await SpoolAsync(upload, repositoryId, head, cancellationToken);
                var digest = await upload.ComputeAsync(BlobHash.Sha256, cancellationToken);
                var size = upload.Length;
                isStored = await content.StoreAsync(
                    repositoryId, upload, digest, ImagesCodes.SyncMetaFileFailed, ImagesCodes.SyncMetaFileFailed, cancellationToken);
                return isStored && await RecordAsync(repositoryId, digest, size, head.Revision, cancellationToken);
            }
            finally
            {
                if (!isStored)
                {
                    await upload.AbortAsync();
                }
            }
        }
        catch (Exception e) when (e is StorageException || (e is ApiException api && api.Error != ImagesCodes.SyncMetaFileFailed))
        {
            throw new ApiException(ImagesCodes.SyncMetaFileFailed, inner: e is ApiException { InnerException: { } inner } ? inner : e);
        }
    }

    // The rows are read while what is written of them goes on to the store.
    private async Task SpoolAsync(BlobUpload upload, long repositoryId, PackageHead head, CancellationToken cancellationToken)
    {
        var pipe = new Pipe();
        var writing = WriteAsync(pipe.Writer, repositoryId, head, cancellationToken);
        try
        {
            await upload.ReceiveAsync(pipe.Reader.AsStream(), BlobHash.Sha256, long.MaxValue, cancellationToken);
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
            await ((Task)writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await writing;
    }

    private async Task WriteAsync(PipeWriter pipe, long repositoryId, PackageHead head, CancellationToken cancellationToken)
    {
        var failure = default(Exception);
        try
        {
            await using var json = new Utf8JsonWriter(pipe, new JsonWriterOptions { Encoder = ErrorBody.Json.Encoder, Indented = true });
            json.WriteStartObject();
            json.WriteString("domain_name", head.DomainName);
            json.WriteString("namespace", head.Organization);
            json.WriteString("repository", head.Repository);
            json.WriteStartArray("packages");
            var after = 0L;
            while (await db.ReadAsync(session => ReadAsync(session, repositoryId, after), cancellationToken) is { Packages: { Count: > 0 } packages } page)
            {
                foreach (var package in packages)
                {
                    WritePackage(json, package, page);
                    if (json.BytesPending > Flush)
                    {
                        await json.FlushAsync(cancellationToken);
                    }
                }

                after = packages[^1].Id;
            }

            json.WriteEndArray();
            json.WriteEndObject();
            await json.FlushAsync(cancellationToken);
        }
#pragma warning disable CA1031 // Whoever reads the pipe throws it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        await pipe.CompleteAsync(failure);
    }

    private static void WritePackage(Utf8JsonWriter json, PackageRow package, Page page)
    {
        json.WriteStartObject();
        json.WriteString("name", package.Name);
        json.WriteBoolean("is_public", package.IsPublic is 1);
        json.WriteString("description", package.Description);
        json.WriteStartArray("versions");
        foreach (var version in page.Versions[package.Id])
        {
            json.WriteStartObject();
            json.WriteString("version", version.Version);
            json.WriteString("description", version.Description);
            json.WriteStartArray("files");
            foreach (var file in page.Files[version.Id])
            {
                json.WriteStartObject();
                json.WriteString("name", file.Name);
                json.WriteNumber("size", file.Size);
                json.WriteString("sha256", Digest.Parse(file.Digest).Hex);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private async Task<Page> ReadAsync(DbSession session, long repositoryId, long after)
    {
        var packages = await session.QueryAsync<PackageRow>(
            "SELECT id, name, is_public, description FROM packages WHERE package_repo_id = @repositoryId AND id > @after ORDER BY id LIMIT @batch",
            new { repositoryId, after, batch = Batch });
        var ids = packages.Select(static p => p.Id).ToArray();
        var versions = await session.QueryAsync<PackageVersionRow>(
            $"SELECT id, package_id, version, description FROM package_versions WHERE {db.In("package_id", nameof(ids))} ORDER BY id", new { ids });
        var files = await session.QueryAsync<PackageFileRow>(
            $"""
            SELECT f.version_id, f.name, f.size, f.digest FROM package_files f JOIN package_versions v ON v.id = f.version_id
            WHERE {db.In("v.package_id", nameof(ids))} ORDER BY f.id
            """,
            new { ids });
        return new(packages, versions.ToLookup(static v => v.PackageId), files.ToLookup(static f => f.VersionId));
    }

    private async Task<bool> RecordAsync(long repositoryId, Digest digest, long size, long revision, CancellationToken cancellationToken)
    {
        var upsert = $"""
            INSERT INTO package_meta (package_repo_id, digest, size, revision)
            SELECT id, @digest, @size, @revision FROM package_repos WHERE id = @repositoryId{db.ForKeyShare}
            ON CONFLICT (package_repo_id) DO UPDATE SET digest = @digest, size = @size, revision = @revision WHERE package_meta.revision <= @revision
            """;
        var values = new { repositoryId, digest = digest.ToString(), size, revision };
        return await db.TransactAsync(
            async session =>
            {
                if (await session.ExecuteAsync(
                    $"UPDATE package_links SET used_at = {db.Now} WHERE package_repo_id = @repositoryId AND digest = @digest", values) == 0)
                {
                    return await session.FindAsync<long>("SELECT COUNT(*) FROM package_repos WHERE id = @repositoryId", values) > 0
                        ? throw new StorageException(StorageSource.Blobs, StorageFault.Failed, $"{digest} was removed before it became a meta file.")
                        : false;
                }

                // None is changed where a later one is there already.
                await session.ExecuteAsync(upsert, values);
                return true;
            },
            cancellationToken);
    }

    private sealed record Page(IReadOnlyList<PackageRow> Packages, ILookup<long, PackageVersionRow> Versions, ILookup<long, PackageFileRow> Files);

    private sealed record PackageHead
    {
        public string DomainName { get; init; } = "";

        public string Organization { get; init; } = "";

        public string Repository { get; init; } = "";

        public long Revision { get; init; }
    }
}

/// <summary>A meta file that was written.</summary>
internal sealed record PackageMetaRow
{
    public string Digest { get; init; } = "";

    public long Size { get; init; }

    /// <summary>The state of the repository that it shows.</summary>
    public long Revision { get; init; }

    /// <summary>The state in which the repository is now.</summary>
    public long Newest { get; init; }
}
