using System.Text;
using Stagedoor.Tracing.Masking;
using Xunit;

namespace Stagedoor.Tracing.Tests.Masking;

public sealed class StatementMaskTests
{
    [Theory]
    [InlineData("SELECT a1 FROM t2 WHERE id = 17 AND n = 'it''s' LIMIT 5", "SELECT a1 FROM t2 WHERE id = ? AND n = ? LIMIT ?")]
    [InlineData("INSERT INTO t VALUES (1, -2.5e-3, 0xFF, .5, '', NULL)", "INSERT INTO t VALUES (?, -?, ?, ?, ?, NULL)")]
    [InlineData("SELECT $1, @p2, :3, ? FROM t WHERE x = 4", "SELECT $1, @p2, :3, ? FROM t WHERE x = ?")]
    [InlineData("SELECT 'a' -- it's\nFROM t /* 'x' /* y */ z */ WHERE b = 'c'", "SELECT ?  \nFROM t   WHERE b = ?")]
    [InlineData("SELECT $$it's$$, $tag$ $$ $tag$, 'b'", "SELECT ?, ?, ?")]
    [InlineData("SELECT E'a', N'b', q'[it's]', 'c'", "SELECT E?, N?, ?, ?")]
    [InlineData("SELECT \"Name1\", `n'2` FROM \"t\" WHERE a = 'b'", "SELECT \"Name1\", `n'2` FROM \"t\" WHERE a = ?")]
    [InlineData("SELECT 'C:\\dir', 'b'", "SELECT ?, ?")]
    [InlineData("SELECT 'it\\'s secret', 'b'", "SELECT ?")]
    [InlineData("SELECT 'never ends", "SELECT ?")]
    [InlineData("SELECT \"never ends 'x'", "SELECT ?")]
    [InlineData("SELECT größe FROM t WHERE n = 'ä'", "SELECT größe FROM t WHERE n = ?")]
    public void Literals_are_left_out(string sql, string masked) => Assert.Equal(masked, Mask(sql, quotesNames: true));

    [Fact]
    public void Where_double_quotes_may_be_of_a_literal_they_are_taken_for_one() =>
        Assert.Equal("SELECT ? FROM t  \nWHERE a = ?", Mask("SELECT \"secret\" FROM t # it's\nWHERE a = 'b'", quotesNames: false));

    [Theory]
    [InlineData("")]
    [InlineData("SELECT a, \"b\" FROM t1 WHERE c = $1")]
    public void A_statement_without_literals_stays(string sql) => Assert.Null(Mask(sql, quotesNames: true));

    private static string? Mask(string sql, bool quotesNames) =>
        StatementMask.Mask(Encoding.UTF8.GetBytes(sql), quotesNames) is { } masked ? Encoding.UTF8.GetString(masked) : null;
}
