using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Tags;

/// <summary>The same faults where the tables are on PostgreSQL.</summary>
public sealed class SharedTagFaultTests(SharedDatabase images) : IClassFixture<SharedDatabase>
{
    private const string Repos = "/v2/manage/namespaces/team/repos";
    private const string New = """{"source_tag":"v1","destination_tag":"new"}""";
    private const string Move = """{"source_tag":"v1","destination_tag":"v2","override":true}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("list", "tags", "", "SVCSTG.SWR.5000063")]
    [InlineData("list", "manifests", "", "SVCSTG.SWR.5001026")]
    [InlineData("new", "tags", "INSERT", "SVCSTG.SWR.5000085")]
    [InlineData("move", "tags", "UPDATE", "SVCSTG.SWR.5000086")]
    [InlineData("delete", "tags", "UPDATE", "SVCSTG.SWR.5000049")]
    [InlineData("restore", "tags", "UPDATE", "SVCSTG.SWR.5000073")]
    public async Task A_table_that_fails_is_the_failure_of_the_operation_until_it_is_mended(string change, string table, string operation, string code)
    {
        var database = images.Require();
        var name = $"broken-{change}-{table}";
        foreach (var tag in (string[])["v1", "v2", "v3"])
        {
            await images.PushImageAsync($"team/{name}", tag);
        }

        using (var deleted = await images.App.Admin.DeleteAsync($"{Repos}/{name}/tags/v3", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        await database.QueryAsync(operation.Length == 0
            ? $"ALTER TABLE images.{table} RENAME TO hidden"
            : "CREATE FUNCTION images.refuse() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'the disk under this table is gone'; END $$ LANGUAGE plpgsql; "
                + $"CREATE TRIGGER refuse BEFORE {operation} ON images.{table} FOR EACH ROW EXECUTE FUNCTION images.refuse()");
        using (var failed = await RunAsync(name, change))
        {
            await failed.ShouldFailAsync(500, code);
        }

        await database.QueryAsync(operation.Length == 0 ? $"ALTER TABLE images.hidden RENAME TO {table}" : "DROP FUNCTION images.refuse() CASCADE");
        using var again = await RunAsync(name, change);
        Assert.True(again.IsSuccessStatusCode, await again.Content.ReadAsStringAsync(Cancellation));
    }

    private async Task<HttpResponseMessage> RunAsync(string name, string change)
    {
        using var body = new StringContent(change switch { "new" => New, "move" => Move, _ => "" }, Encoding.UTF8, "application/json");
        return change switch
        {
            "list" => await images.App.Admin.GetAsync($"{Repos}/{name}/tags", Cancellation),
            "delete" => await images.App.Admin.DeleteAsync($"{Repos}/{name}/tags/v1", Cancellation),
            "restore" => await images.App.Admin.PostAsync($"{Repos}/{name}/tags/v3/restore", body, Cancellation),
            _ => await images.App.Admin.PostAsync($"{Repos}/{name}/tags", body, Cancellation),
        };
    }
}
