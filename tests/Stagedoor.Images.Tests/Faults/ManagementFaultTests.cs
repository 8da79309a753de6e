using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Faults;

/// <summary>
/// What operations of the management API answer while a table behind them is broken, that nothing is half done then, and that the same call succeeds when it is
/// mended; on each engine.
/// </summary>
public sealed class ManagementFaultTests(Engines<FaultInstallation> engines) : IClassFixture<Engines<FaultInstallation>>
{
    private static readonly (string Operation, string Table, string Call, string Code)[] s_faults =
    [
        ("", "organizations", "show organization", "5000057"),
        ("", "organizations", "list organizations", "5000057"),
        ("", "organizations", "create organization", "5000057"),
        ("INSERT", "organizations", "create organization", "5000059"),
        ("INSERT", "org_acl", "create organization", "5000059"),
        ("UPDATE", "organizations", "change organization", "5000075"),
        ("DELETE", "organizations", "delete organization", "5001049"),
        ("INSERT", "org_acl", "grant on organization", "5000080"),
        ("", "gateway/iam_user", "grant on organization", "5000071"),
        ("UPDATE", "org_acl", "change on organization", "5000079"),
        ("DELETE", "org_acl", "revoke on organization", "5000081"),
        ("", "org_acl", "grants on organization", "5000077"),
        ("", "repositories", "show repository", "5000002"),
        ("", "repositories", "list repositories", "5000003"),
        ("", "repositories", "list repositories 3", "5000003"),
        ("INSERT", "repositories", "create repository", "5000046"),
        ("UPDATE", "repositories", "change repository", "5000011"),
        ("DELETE", "repositories", "delete repository", "5000005"),
        ("INSERT", "removed_repositories", "delete repository", "5000005"),
        ("", "tags", "list tags", "5000063"),
        ("", "tags", "list tags 3", "5000063"),
        ("", "tags", "show tag", "5000063"),
        ("", "tags", "accessories of tag", "5000063"),
        ("", "tags", "references of tag", "5000063"),
        ("", "manifests", "list tags", "5001026"),
        ("", "manifests", "list tags 3", "5001026"),
        ("", "manifests", "show tag", "5001026"),
        ("INSERT", "tags", "retag", "5000085"),
        ("UPDATE", "organizations", "retag", "5000085"),
        ("UPDATE", "id_sequences", "retag", "5000085"),
        ("UPDATE", "tags", "move tag", "5000086"),
        ("UPDATE", "repositories", "move tag", "5000086"),
        ("UPDATE", "tags", "delete tag", "5000049"),
        ("UPDATE", "repositories", "delete tag", "5000049"),
        ("UPDATE", "organizations", "delete tag", "5000049"),
        ("UPDATE", "tags", "restore tag", "5000073"),
        ("UPDATE", "repositories", "restore tag", "5000073"),
        ("UPDATE", "organizations", "restore tag", "5000073"),
        ("INSERT", "repo_acl", "grant on repository", "5000093"),
        ("", "gateway/iam_user", "grant on repository", "5000071"),
        ("UPDATE", "repo_acl", "change on repository", "5000092"),
        ("DELETE", "repo_acl", "revoke on repository", "5000005"),
        ("", "repo_acl", "grants on repository", "5000090"),
        ("INSERT", "share_domains", "share", "5000046"),
        ("UPDATE", "share_domains", "change share", "5000011"),
        ("DELETE", "share_domains", "end share", "5000005"),
        ("", "share_domains", "list shares", "5000008"),
        ("", "share_domains", "show share", "5000007"),
        ("", "share_domains", "list shared", "5000003"),
        ("", "share_domains", "list shared 3", "5000003"),
        ("", "share_domains", "pull shared", "5000090"),
        ("INSERT", "retention_rules", "create retention", "5000046"),
        ("INSERT", "job", "create retention", "5000046"),
        ("UPDATE", "retention_rules", "change retention", "5000011"),
        ("INSERT", "job", "change retention", "5000011"),
        ("", "retention_rules", "preview retention", "5000007"),
        ("DELETE", "retention_rules", "delete retention", "5000005"),
        ("", "retention_rules", "list retentions", "5000008"),
        ("", "retention_rules", "show retention", "5000007"),
        ("", "retention_logs", "retention histories", "5000008"),
        ("INSERT", "triggers", "create trigger", "5000046"),
        ("UPDATE", "triggers", "change trigger", "5000011"),
        ("DELETE", "triggers", "delete trigger", "5000005"),
        ("", "triggers", "list triggers", "5000008"),
        ("", "trigger_histories", "list triggers", "5000008"),
        ("", "triggers", "show trigger", "5000007"),
        ("", "trigger_histories", "show trigger", "5000007"),
        ("INSERT", "webhooks", "create webhook", "5000046"),
        ("UPDATE", "webhooks", "change webhook", "5000011"),
        ("DELETE", "webhooks", "delete webhook", "5000005"),
        ("", "webhooks", "list webhooks", "5000008"),
        ("", "webhooks", "show webhook", "5000007"),
        ("", "repositories", "center", "5000112"),
        ("", "repositories", "image of center", "5000112"),
        ("", "repositories", "tags of center", "5000112"),
        ("", "tags", "tags of center", "5000114"),
        ("", "manifests", "tag of center", "5000114"),
        ("INSERT", "favorites", "like", "5000054"),
        ("DELETE", "favorites", "unlike", "5000005"),
        ("", "favorites", "favorites", "5000008"),
        ("INSERT", "hub_lists", "create list", "5000054"),
        ("DELETE", "hub_lists", "delete list", "5000005"),
        ("DELETE", "hub_items", "delete list", "5000005"),
        ("INSERT", "hub_items", "add to list", "5000054"),
        ("DELETE", "hub_items", "take from list", "5000005"),
        ("", "hub_lists", "show list", "5000112"),
        ("", "hub_items", "show list", "5000112"),
        ("", "repositories", "search", "5001039"),
        ("", "packages", "search", "5001039"),
        ("", "repositories", "catalog", "5000003"),
        ("INSERT", "gateway/temporary_access_key", "login", "5001076"),
        ("INSERT", "gateway/temporary_access_key", "authorization", "5001076"),
        ("INSERT", "agencies", "create agency", "5000046"),
        ("", "agencies", "agency", "5000007"),
        ("", "account_traffic", "overview", "5000007"),
        ("", "repositories", "overview", "5000007"),
        ("", "repositories", "quotas", "5000008"),
        ("", "organizations", "quotas", "5000008"),
        ("", "account_traffic", "traffic", "5000008"),
        ("", "account_storage", "sizes", "5000008"),
    ];

    /// <summary>On which engine what is broken, in which table, what is called then, and its code.</summary>
    public static IEnumerable<TheoryDataRow<string, string, string, string, string>> Faults =>
        from engine in Engine.All from f in s_faults select new TheoryDataRow<string, string, string, string, string>(engine, f.Operation, f.Table, f.Call, f.Code);

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_broken_table_is_told_by_the_code_of_the_operation(string engine, string operation, string table, string call, string code) =>
        await CheckAsync(await engines.OnAsync(engine), operation, table, call, code);

    [Fact]
    [Provokes("SVCSTG.SWR.5000002")]
    [Provokes("SVCSTG.SWR.5000003")]
    [Provokes("SVCSTG.SWR.5000005")]
    [Provokes("SVCSTG.SWR.5000007")]
    [Provokes("SVCSTG.SWR.5000008")]
    [Provokes("SVCSTG.SWR.5000011")]
    [Provokes("SVCSTG.SWR.5000046")]
    [Provokes("SVCSTG.SWR.5000049")]
    [Provokes("SVCSTG.SWR.5000054")]
    [Provokes("SVCSTG.SWR.5000057")]
    [Provokes("SVCSTG.SWR.5000059")]
    [Provokes("SVCSTG.SWR.5000063")]
    [Provokes("SVCSTG.SWR.5000071")]
    [Provokes("SVCSTG.SWR.5000073")]
    [Provokes("SVCSTG.SWR.5000075")]
    [Provokes("SVCSTG.SWR.5000077")]
    [Provokes("SVCSTG.SWR.5000079")]
    [Provokes("SVCSTG.SWR.5000080")]
    [Provokes("SVCSTG.SWR.5000081")]
    [Provokes("SVCSTG.SWR.5000085")]
    [Provokes("SVCSTG.SWR.5000086")]
    [Provokes("SVCSTG.SWR.5000090")]
    [Provokes("SVCSTG.SWR.5000092")]
    [Provokes("SVCSTG.SWR.5000093")]
    [Provokes("SVCSTG.SWR.5000112")]
    [Provokes("SVCSTG.SWR.5000114")]
    [Provokes("SVCSTG.SWR.5001026")]
    [Provokes("SVCSTG.SWR.5001039")]
    [Provokes("SVCSTG.SWR.5001049")]
    [Provokes("SVCSTG.SWR.5001076")]
    public async Task Each_of_these_codes_is_seen()
    {
        var images = await engines.OnAsync(Engine.Sqlite);
        foreach (var (operation, table, call, code) in s_faults.DistinctBy(static f => f.Code))
        {
            await CheckAsync(images, operation, table, call, code);
        }
    }

    private static async Task CheckAsync(FaultInstallation images, string operation, string table, string call, string code)
    {
        var scene = await images.SetAsync(call);
        var before = images.Everything();
        var (module, name) = table.Split('/') is [var other, var its] ? (other, its) : ("images", table);
        using (images.App.Sabotage(module).Break(operation, name))
        {
            using var failed = await scene.CallAsync(call);
            await failed.ShouldFailAsync(500, $"SVCSTG.SWR.{code}");
        }

        Assert.Equal(before, images.Everything());
        using var repeated = await scene.CallAsync(call);
        Assert.True(repeated.IsSuccessStatusCode, await repeated.Content.ReadAsStringAsync(Installation.Cancellation));
    }
}
