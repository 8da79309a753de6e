using Stagedoor.Tracing.Own;
using Xunit;

namespace Stagedoor.Tracing.Tests.Own;

/// <summary>What statements are called in traces.</summary>
public sealed class StatementNameTests
{
    [Theory]
    [InlineData("SELECT id FROM domain ORDER BY created_at", "SELECT", "domain")]
    [InlineData("select count(*) from images.repository r where r.name = 'from secret'", "SELECT", "images.repository")]
    [InlineData("INSERT INTO organization (name) VALUES (@name) ON CONFLICT (name) DO NOTHING", "INSERT", "organization")]
    [InlineData("UPDATE job SET next_at = @lease WHERE id = @id", "UPDATE", "job")]
    [InlineData("DELETE FROM ONLY blob WHERE digest = 'sha256:00'", "DELETE", "blob")]
    [InlineData("CREATE TABLE IF NOT EXISTS write_check (id BIGINT)", "CREATE", "write_check")]
    [InlineData("SET LOCAL lock_timeout = 500; UPDATE tag SET a = 1", "UPDATE", "tag")]
    [InlineData("SELECT 'FROM here' , @from FROM there", "SELECT", "there")]
    [InlineData("SELECT 1", "SELECT", "")]
    [InlineData("PRAGMA quick_check", "SQL", "")]
    [InlineData("SELECT 'unfinished", "SELECT", "")]
    [InlineData("", "SQL", "")]
    public void It_is_the_verb_and_the_table(string sql, string verb, string table) => Assert.Equal((verb, table), StatementName.Of(sql));
}
