using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;

namespace Stagedoor.Images.Tests.Faults;

/// <summary>An installation whose tables are broken, in which nothing happens by itself.</summary>
public sealed class FaultInstallation : Installation
{
    private static readonly string[] s_tables =
    [
        "organizations", "org_acl", "repo_acl", "share_domains", "retention_rules", "retention_logs", "triggers", "webhooks", "hub_lists", "hub_items", "favorites", "agencies",
        "tags", "manifests", "removed_repositories",
        // What is downloaded is counted behind the answer.
        "(SELECT id, organization_id, name, is_public, description, num_images, size, creator_id FROM repositories) AS repositories",
    ];

    private int _scenes;

    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        ("Modules", "images"), ("Images:Collector:Enabled", "false"), ("Images:Scrubber:Enabled", "false"),
        ("Images:MaxRepositoriesPerAccount", "1000000"), ("Images:MaxTagsPerRepository", "1000000"), ("Images:MaxBytesPerOrganization", "1000000000"),
    ];

    public const string Account = "fault-account";
    public const string OtherAccount = "fault-account-2";

    /// <summary>A user that has grants.</summary>
    public (string Id, string Name) User { get; private set; }

    /// <summary>A user without.</summary>
    public (string Id, string Name) Other { get; private set; }

    /// <summary><see cref="Account"/>.</summary>
    public HttpClient Owner { get; private set; } = null!;

    /// <summary>The same, logged in as docker does.</summary>
    public HttpClient Theirs { get; private set; } = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        (User, Other) = (await AddAsync("fault-user"), await AddAsync("fault-user-2"));
        (Owner, Theirs) = await AddAccountAsync(Account);
        var (signed, registry) = await AddAccountAsync(OtherAccount);
        signed.Dispose();
        registry.Dispose();

        async Task<(string Id, string Name)> AddAsync(string name)
        {
            var user = await AddUserAsync(name);
            user.Signed.Dispose();
            return (user.Id, name);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        Owner?.Dispose();
        Theirs?.Dispose();
        await base.DisposeAsync();
    }

    /// <summary>What a call has to do with.</summary>
    public async Task<FaultScene> SetAsync(string call)
    {
        var scene = await FaultScene.SetAsync(this, $"faults-{++_scenes}", call);
        // A new rule is executed at once.
        var db = App.Services.GetRequiredService<ImagesDb>();
        await Eventually.TrueAsync("all jobs done", TimeSpan.FromSeconds(30), async () => await db.FindAsync<long>("SELECT COUNT(*) FROM job WHERE finished_at IS NULL", null, Cancellation) == 0);
        return scene;
    }

    /// <summary>What is stored, to be compared with what is there later.</summary>
    public IReadOnlyList<string> Everything() => [.. App.Sabotage("images").Rows(s_tables), .. App.Sabotage("gateway").Rows("temporary_access_key")];
}
