using Xunit;

namespace Stagedoor.Storage.Sqlite.Tests;

public sealed class StatementNameTests
{
    [Theory]
    [InlineData("SELECT id FROM tag WHERE name = @name", "SELECT tag")]
    [InlineData("  insert into audit_record (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 2", "INSERT audit_record")]
    [InlineData("UPDATE job SET owner = 'DELETE FROM x' WHERE id = 1", "UPDATE job")]
    [InlineData("DELETE FROM job WHERE id IN (SELECT id FROM other)", "DELETE job")]
    [InlineData("WITH due AS MATERIALIZED (SELECT id FROM job) UPDATE work SET owner = 1 FROM due", "UPDATE work")]
    [InlineData("SET LOCAL lock_timeout = 5000; SELECT 1 FROM repository FOR UPDATE", "SELECT repository")]
    [InlineData("CREATE TABLE write_check (id BIGINT)", "CREATE write_check")]
    [InlineData("SELECT 1", "SELECT")]
    [InlineData("SELECT * FROM (SELECT id FROM a) b", "SELECT b")]
    [InlineData("PRAGMA x", "statement")]
    [InlineData("", "statement")]
    [InlineData("SELECT 'open", "SELECT")]
    public void A_statement_is_named_by_what_it_does_and_to_which_table(string sql, string name) => Assert.Equal(name, StatementName.Of(sql));
}
