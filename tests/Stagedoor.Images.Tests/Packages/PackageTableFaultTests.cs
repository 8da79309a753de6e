using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Packages;

/// <summary>What operations on packages answer while a table is broken, and that they go on as if nothing had been when it is mended.</summary>
public abstract class PackageTableFaults
{
    private static int s_names;

    /// <summary>What is broken, in which table, what is called then, and its code.</summary>
    public static TheoryData<string, string, string, string> Faults => new()
    {
        { "", "packages", "show package", "5000001" },
        { "", "packages", "list packages", "5000008" },
        { "", "package_repos", "show repository", "5000007" },
        { "", "package_repos", "list repositories", "5000008" },
        { "INSERT", "package_repos", "create repository", "5000046" },
        { "UPDATE", "package_repos", "change repository", "5000011" },
        { "DELETE", "package_repos", "delete repository", "5000005" },
        { "INSERT", "packages", "create package", "5000035" },
        { "UPDATE", "packages", "change package", "5000036" },
        { "DELETE", "packages", "delete package", "5000034" },
        { "INSERT", "package_versions", "create version", "5000035" },
        { "UPDATE", "package_versions", "change version", "5000036" },
        { "DELETE", "package_versions", "delete version", "5000034" },
        { "DELETE", "package_files", "delete version", "5000034" },
        { "", "package_versions", "list versions", "5000008" },
        { "", "package_files", "show version", "5000007" },
        { "INSERT", "package_files", "upload", "5000035" },
        { "INSERT", "package_links", "upload", "5000035" },
        { "INSERT", "blobs", "upload", "5000035" },
        { "UPDATE", "package_files", "replace", "5000036" },
        { "DELETE", "package_files", "delete file", "5000034" },
        { "", "package_files", "list files", "5000051" },
        { "", "package_files", "download", "5000007" },
        { "", "blobs", "download", "5000007" },
        { "UPDATE", "package_meta", "upload", "5000022" },
        { "UPDATE", "package_meta", "delete file", "5000022" },
        { "", "package_meta", "meta", "5000022" },
        { "", "package_files", "sign", "5000051" },
        { "", "package_keys", "public key", "5000018" },
        { "", "package_keys", "sign meta", "5000018" },
        { "INSERT", "package_signatures", "sign", "5000037" },
        { "", "package_signatures", "show signature", "5000007" },
        { "DELETE", "package_signatures", "delete signature", "5000038" },
        { "", "organizations", "show package", "5000057" },
    };

    protected abstract PackageInstallation Images { get; }

    protected abstract Task<IAsyncDisposable> BreakAsync(string operation, string table);

    protected async Task CheckAsync(string operation, string table, string call, string code)
    {
        var name = $"faults-{Interlocked.Increment(ref s_names)}";
        var version = await Images.CreateAsync(name);
        await Images.UploadAsync(version, "a.jar", Installation.Random(100));
        if (call.EndsWith("signature", StringComparison.Ordinal))
        {
            await Images.DoAsync(HttpMethod.Put, $"{version}/signature");
        }

        if (call is "delete repository" or "delete package")
        {
            await Images.DoAsync(HttpMethod.Delete, version, status: 204);
        }

        if (call is "delete repository")
        {
            await Images.DoAsync(HttpMethod.Delete, version[..version.IndexOf("/versions", StringComparison.Ordinal)], status: 204);
        }

        await using (await BreakAsync(operation, table))
        {
            using var failed = await CallAsync(call, name, version);
            await failed.ShouldFailAsync(500, $"SVCSTG.SWR.{code}");
        }

        using var repeated = await CallAsync(call, name, version);
        // The row went before the meta file failed.
        await Installation.ShouldBeAsync(repeated, call is "delete file" && code is "5000022" ? 404 : repeated.RequestMessage!.Method.Method switch { "GET" => 200, "DELETE" => 204, _ => 201 });
    }

    private Task<HttpResponseMessage> CallAsync(string call, string name, string version)
    {
        var (repositories, repository) = ($"{Images.Team}/repositories", $"{Images.Team}/repositories/{name}");
        var package = $"{repository}/packages/{name}-app";
        return call switch
        {
            "show package" => GetAsync(package),
            "list packages" => GetAsync($"{repository}/packages"),
            "show repository" => GetAsync(repository),
            "list repositories" => GetAsync(repositories),
            "create repository" => Images.SendAsync(HttpMethod.Post, repositories, $$"""{"name":"{{name}}-new","type":"app","is_public":false}"""),
            "change repository" => Images.SendAsync(HttpMethod.Patch, repository, """{"description":"x"}"""),
            "delete repository" => DeleteAsync(repository),
            "create package" => Images.SendAsync(HttpMethod.Post, $"{repository}/packages", $$"""{"name":"{{name}}-new","type":"app"}"""),
            "change package" => Images.SendAsync(HttpMethod.Patch, package, """{"description":"x"}"""),
            "delete package" => DeleteAsync(package),
            "create version" => Images.SendAsync(HttpMethod.Post, $"{package}/versions", """{"version":"2.0"}"""),
            "change version" => Images.SendAsync(HttpMethod.Patch, version, """{"description":"x"}"""),
            "delete version" => DeleteAsync(version),
            "list versions" => GetAsync($"{package}/versions"),
            "show version" => GetAsync(version),
            "upload" => PackageInstallation.PutAsync(Images.App.Admin, version, "b.jar", Installation.Random(100)),
            "replace" => PackageInstallation.PutAsync(Images.App.Admin, version, "a.jar", Installation.Random(100)),
            "delete file" => DeleteAsync($"{version}/file_paths/a.jar"),
            "list files" => GetAsync($"{version}/file_paths"),
            "download" => GetAsync($"{version}/file_paths/a.jar"),
            "meta" => GetAsync($"{repository}/meta"),
            "sign" => PutAsync($"{version}/signature"),
            "public key" => GetAsync($"{Images.Team}/pubkey"),
            "sign meta" => GetAsync($"{repository}/metasign"),
            "show signature" => GetAsync($"{version}/signature"),
            "delete signature" => DeleteAsync($"{version}/signature"),
            _ => throw new ArgumentOutOfRangeException(nameof(call), call, null),
        };

        Task<HttpResponseMessage> GetAsync(string path) => Images.App.Admin.GetAsync(path, Installation.Cancellation);
        Task<HttpResponseMessage> DeleteAsync(string path) => Images.App.Admin.DeleteAsync(path, Installation.Cancellation);
        Task<HttpResponseMessage> PutAsync(string path) => Images.App.Admin.PutAsync(path, null, Installation.Cancellation);
    }
}

/// <summary>On SQLite.</summary>
public sealed class PackageTableFaultTests(PackageInstallation images) : PackageTableFaults, IClassFixture<PackageInstallation>
{
    protected override PackageInstallation Images => images;

    [Theory]
    [MemberData(nameof(Faults))]
    public Task A_broken_table_is_told_by_the_code_of_the_operation(string operation, string table, string call, string code) =>
        CheckAsync(operation, table, call, code);

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
        foreach (var row in Faults.Select(static r => r.Data).DistinctBy(static r => r.Item4))
        {
            await CheckAsync(row.Item1, row.Item2, row.Item3, row.Item4);
        }
    }

    protected override Task<IAsyncDisposable> BreakAsync(string operation, string table)
    {
        var sabotage = images.App.Sabotage("images");
        return Task.FromResult<IAsyncDisposable>(new Mend(operation switch
        {
            "INSERT" => sabotage.RefuseInsert(table),
            "UPDATE" => sabotage.RefuseUpdate(table),
            "DELETE" => sabotage.RefuseDelete(table),
            _ => sabotage.Unreadable(table),
        }));
    }

    private sealed class Mend(IDisposable fault) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            fault.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>On PostgreSQL.</summary>
public sealed class PackageSharedTableFaultTests(SharedPackages images) : PackageTableFaults, IClassFixture<SharedPackages>
{
    protected override PackageInstallation Images => images;

    [Theory]
    [MemberData(nameof(Faults))]
    public Task A_broken_table_is_told_by_the_code_of_the_operation(string operation, string table, string call, string code)
    {
        images.Require();
        return CheckAsync(operation, table, call, code);
    }

    protected override async Task<IAsyncDisposable> BreakAsync(string operation, string table)
    {
        var database = images.Require();
        var (fault, mend) = operation.Length == 0
            ? ($"ALTER TABLE {table} RENAME TO {table}_hidden", $"ALTER TABLE {table}_hidden RENAME TO {table}")
            : ($"""
                CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''the disk under this table is gone''; END';
                CREATE TRIGGER sabotage BEFORE {operation} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()
                """, $"DROP TRIGGER sabotage ON {table}");
        await database.QueryAsync($"SET search_path TO images; {fault}");
        return new Mend(database, mend);
    }

    private sealed class Mend(OwnDatabase database, string sql) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await database.QueryAsync($"SET search_path TO images; {sql}");
    }
}
