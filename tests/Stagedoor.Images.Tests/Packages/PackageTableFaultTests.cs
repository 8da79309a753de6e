using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>What operations on packages answer while a table is broken, and that they go on as if nothing had been when it is mended; on each engine.</summary>
public sealed class PackageTableFaultTests(Engines<PackageInstallation> engines) : IClassFixture<Engines<PackageInstallation>>
{
    // Links come before what needs them, and are the collector's when nothing does.
    private static readonly string[] s_tables =
    [
        "package_repos", "package_versions", "package_files", "package_signatures", "package_keys",
        // What is downloaded is counted behind the answer.
        "(SELECT id, organization_id, package_repo_id, name, is_public, description, manifests, created_at, updated_at FROM packages) AS packages",
    ];

    private static readonly (string Operation, string Table, string Call, string Code)[] s_faults =
    [
        ("", "packages", "show package", "5000001"),
        ("", "packages", "list packages", "5000008"),
        ("", "package_repos", "show repository", "5000007"),
        ("", "package_repos", "list repositories", "5000008"),
        ("INSERT", "package_repos", "create repository", "5000046"),
        ("UPDATE", "package_repos", "change repository", "5000011"),
        ("DELETE", "package_repos", "delete repository", "5000005"),
        ("INSERT", "packages", "create package", "5000035"),
        ("UPDATE", "packages", "change package", "5000036"),
        ("DELETE", "packages", "delete package", "5000034"),
        ("INSERT", "package_versions", "create version", "5000035"),
        ("UPDATE", "package_versions", "change version", "5000036"),
        ("DELETE", "package_versions", "delete version", "5000034"),
        ("DELETE", "package_files", "delete version", "5000034"),
        ("", "package_versions", "list versions", "5000008"),
        ("", "package_files", "show version", "5000007"),
        ("INSERT", "package_files", "upload", "5000035"),
        ("INSERT", "package_links", "upload", "5000035"),
        ("INSERT", "blobs", "upload", "5000035"),
        ("UPDATE", "package_files", "replace", "5000036"),
        ("DELETE", "package_files", "delete file", "5000034"),
        ("", "package_files", "list files", "5000051"),
        ("", "package_files", "download", "5000007"),
        ("", "blobs", "download", "5000007"),
        ("UPDATE", "package_meta", "upload", "5000022"),
        ("UPDATE", "package_meta", "delete file", "5000022"),
        ("", "package_meta", "meta", "5000022"),
        ("", "package_files", "sign", "5000051"),
        ("", "package_keys", "public key", "5000018"),
        ("", "package_keys", "sign meta", "5000018"),
        ("INSERT", "package_signatures", "sign", "5000037"),
        ("", "package_signatures", "show signature", "5000007"),
        ("DELETE", "package_signatures", "delete signature", "5000038"),
        ("", "organizations", "show package", "5000057"),
    ];

    private static int s_names;

    /// <summary>On which engine what is broken, in which table, what is called then, and its code.</summary>
    public static IEnumerable<TheoryDataRow<string, string, string, string, string>> Faults =>
        from engine in Engine.All from f in s_faults select new TheoryDataRow<string, string, string, string, string>(engine, f.Operation, f.Table, f.Call, f.Code);

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_broken_table_is_told_by_the_code_of_the_operation(string engine, string operation, string table, string call, string code) =>
        await CheckAsync(await engines.OnAsync(engine), operation, table, call, code);

    [Fact]
    [Provokes("SVCSTG.SWR.5000001")]
    [Provokes("SVCSTG.SWR.5000005")]
    [Provokes("SVCSTG.SWR.5000007")]
    [Provokes("SVCSTG.SWR.5000008")]
    [Provokes("SVCSTG.SWR.5000011")]
    [Provokes("SVCSTG.SWR.5000018")]
    [Provokes("SVCSTG.SWR.5000022")]
    [Provokes("SVCSTG.SWR.5000034")]
    [Provokes("SVCSTG.SWR.5000035")]
    [Provokes("SVCSTG.SWR.5000036")]
    [Provokes("SVCSTG.SWR.5000037")]
    [Provokes("SVCSTG.SWR.5000038")]
    [Provokes("SVCSTG.SWR.5000046")]
    [Provokes("SVCSTG.SWR.5000051")]
    public async Task Each_of_these_codes_is_seen()
    {
        var images = await engines.OnAsync(Engine.Sqlite);
        foreach (var (operation, table, call, code) in s_faults.DistinctBy(static f => f.Code))
        {
            await CheckAsync(images, operation, table, call, code);
        }
    }

    private static async Task CheckAsync(PackageInstallation images, string operation, string table, string call, string code)
    {
        var name = $"faults-{Interlocked.Increment(ref s_names)}";
        var version = await images.CreateAsync(name);
        await images.UploadAsync(version, "a.jar", Installation.Random(100));
        if (call.EndsWith("signature", StringComparison.Ordinal))
        {
            await images.DoAsync(HttpMethod.Put, $"{version}/signature");
        }

        if (call is "delete repository" or "delete package")
        {
            await images.DoAsync(HttpMethod.Delete, version, status: 204);
        }

        if (call is "delete repository")
        {
            await images.DoAsync(HttpMethod.Delete, version[..version.IndexOf("/versions", StringComparison.Ordinal)], status: 204);
        }

        // Whatever signs first makes the organization's key, and keeps it also when it fails at something else.
        using (var key = await CallAsync(images, "public key", name, version))
        {
            await Installation.ShouldBeAsync(key, 200);
        }

        // The meta file is written behind the change.
        var isBehind = code is "5000022";
        var before = isBehind ? [] : images.App.Sabotage("images").Rows(s_tables);
        using (images.App.Sabotage("images").Break(operation, table))
        {
            using var failed = await CallAsync(images, call, name, version);
            await failed.ShouldFailAsync(500, $"SVCSTG.SWR.{code}");
        }

        Assert.Equal(before, isBehind ? [] : images.App.Sabotage("images").Rows(s_tables));
        using var repeated = await CallAsync(images, call, name, version);
        await Installation.ShouldBeAsync(repeated, call is "delete file" && isBehind ? 404 : repeated.RequestMessage!.Method.Method switch { "GET" => 200, "DELETE" => 204, _ => 201 });
    }

    private static Task<HttpResponseMessage> CallAsync(PackageInstallation images, string call, string name, string version)
    {
        var (repositories, repository) = ($"{images.Team}/repositories", $"{images.Team}/repositories/{name}");
        var package = $"{repository}/packages/{name}-app";
        return call switch
        {
            "show package" => GetAsync(package),
            "list packages" => GetAsync($"{repository}/packages"),
            "show repository" => GetAsync(repository),
            "list repositories" => GetAsync(repositories),
            "create repository" => images.SendAsync(HttpMethod.Post, repositories, $$"""{"name":"{{name}}-new","type":"app","is_public":false}"""),
            "change repository" => images.SendAsync(HttpMethod.Patch, repository, """{"description":"x"}"""),
            "delete repository" => DeleteAsync(repository),
            "create package" => images.SendAsync(HttpMethod.Post, $"{repository}/packages", $$"""{"name":"{{name}}-new","type":"app"}"""),
            "change package" => images.SendAsync(HttpMethod.Patch, package, """{"description":"x"}"""),
            "delete package" => DeleteAsync(package),
            "create version" => images.SendAsync(HttpMethod.Post, $"{package}/versions", """{"version":"2.0"}"""),
            "change version" => images.SendAsync(HttpMethod.Patch, version, """{"description":"x"}"""),
            "delete version" => DeleteAsync(version),
            "list versions" => GetAsync($"{package}/versions"),
            "show version" => GetAsync(version),
            "upload" => PackageInstallation.PutAsync(images.App.Admin, version, "b.jar", Installation.Random(100)),
            "replace" => PackageInstallation.PutAsync(images.App.Admin, version, "a.jar", Installation.Random(100)),
            "delete file" => DeleteAsync($"{version}/file_paths/a.jar"),
            "list files" => GetAsync($"{version}/file_paths"),
            "download" => GetAsync($"{version}/file_paths/a.jar"),
            "meta" => GetAsync($"{repository}/meta"),
            "sign" => PutAsync($"{version}/signature"),
            "public key" => GetAsync($"{images.Team}/pubkey"),
            "sign meta" => GetAsync($"{repository}/metasign"),
            "show signature" => GetAsync($"{version}/signature"),
            "delete signature" => DeleteAsync($"{version}/signature"),
            _ => throw new ArgumentOutOfRangeException(nameof(call), call, null),
        };

        Task<HttpResponseMessage> GetAsync(string path) => images.App.Admin.GetAsync(path, Installation.Cancellation);
        Task<HttpResponseMessage> DeleteAsync(string path) => images.App.Admin.DeleteAsync(path, Installation.Cancellation);
        Task<HttpResponseMessage> PutAsync(string path) => images.App.Admin.PutAsync(path, null, Installation.Cancellation);
    }
}
