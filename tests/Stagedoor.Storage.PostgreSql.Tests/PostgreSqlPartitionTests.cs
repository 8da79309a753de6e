using Stagedoor.Storage.Contracts.Databases;
using Xunit;

namespace Stagedoor.Storage.PostgreSql.Tests;

public sealed class PostgreSqlPartitionTests : PartitionContract
{
    public override ValueTask InitializeAsync()
    {
        _ = PostgreSqlServer.ConnectionString;
        return base.InitializeAsync();
    }

    [Fact]
    public async Task A_connection_that_a_partition_had_is_the_modules_again()
    {
        await using var made = await Days.MakeAsync("a", Cancellation);
        await using var module = Fixture.Open();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal($"\"{Fixture.ModuleName}$a\"", await made.FindAsync<string>("SHOW search_path", null, Cancellation));
            Assert.Equal($"\"{Fixture.ModuleName}\"", await module.FindAsync<string>("SHOW search_path", null, Cancellation));
        }
    }

    protected override async Task<IReadOnlyList<string>> LeftAsync()
    {
        await using var module = Fixture.Open();
        return await module.QueryAsync<string>(
            "SELECT nspname::text FROM pg_namespace WHERE starts_with(nspname::text, @prefix)", new { prefix = Fixture.ModuleName + "$" }, Cancellation);
    }

    protected override Task<DatabaseFixture> CreateAsync() => Task.FromResult<DatabaseFixture>(new PostgreSqlFixture());
}
