using Stagedoor.Images.Tests.Oci;
using Stagedoor.Images.Tests.PageUploads;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.UploadSessions;

/// <summary>The same faults where the database is PostgreSQL and the pieces lie in an object store.</summary>
public sealed class SharedSessionFaultTests
{
    [Fact]
    public async Task Each_step_has_its_code_and_works_again_when_its_table_is_back()
    {
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: true);
        var client = new SessionClient(hosts.FirstApp.Admin);
        var archive = new SavedImage("team/shared:v1").ToArray();
        object image = new { type = "image", @namespace = "team", file_name = "image.tar" };

        await WithoutAsync(hosts, "upload_sessions", () => RefuseAsync(client.TryBeginAsync(image), 500, "5000044"));
        var id = await client.BeginImageAsync();
        await WithoutAsync(hosts, "upload_sessions", () => RefuseAsync(client.TryShowAsync(id), 500, "5000041"));
        await WithoutAsync(hosts, "session_locks", () => RefuseAsync(client.AppendAsync(id, archive, 0), 500, "5000020"));
        await client.AppendedAsync(id, archive[..2000], 0);
        using var other = hosts.SecondApp.WithKeys(hosts.FirstApp.FirstRun.AccessKey, hosts.FirstApp.FirstRun.SecretKey);
        var second = new SessionClient(other);
        await second.AppendedAsync(id, archive[2000..], 2000);
        await WithoutAsync(hosts, "session_locks", () => RefuseAsync(client.DeleteAsync(id), 500, "5000042"));
        await second.FinishedAsync(id);
        await client.DropAsync(id);
    }

    [Fact]
    public async Task A_session_whose_pieces_are_gone_from_the_object_store_is_told_apart_from_one_that_is_cut()
    {
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: true);
        var client = new SessionClient(hosts.FirstApp.Admin);
        var id = await client.BeginImageAsync();
        await client.AppendedAsync(id, [1, 2, 3], 0);
        await hosts.ExecuteAsync($"UPDATE upload_sessions SET staged = '8388608:000000000000' WHERE id = '{id}'");
        await RefuseAsync(client.AppendAsync(id, [4], 3), 500, "5000030");
        await client.DropAsync(id);
    }

    private static async Task WithoutAsync(TwoHosts hosts, string table, Func<Task> meanwhile)
    {
        await hosts.ExecuteAsync($"ALTER TABLE {table} RENAME TO {table}_hidden");
        await meanwhile();
        await hosts.ExecuteAsync($"ALTER TABLE {table}_hidden RENAME TO {table}");
    }

    private static async Task RefuseAsync(Task<HttpResponseMessage> doing, int status, string code)
    {
        using var response = await doing;
        await response.ShouldFailAsync(status, "SVCSTG.SWR." + code);
    }
}
