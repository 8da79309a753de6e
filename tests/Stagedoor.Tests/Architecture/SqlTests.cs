using System.Text.RegularExpressions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Architecture;

/// <summary>
/// SQLite's library passes over a statement that fails behind one that gives rows in the same command: what was to be stored is not, and nobody
/// hears of it. So in a command of several statements none but the last may give rows.
/// </summary>
public sealed partial class SqlTests
{
    public static TheoryData<string> Scripts =>
        [.. Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*.sql", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal))
            .Select(static path => Path.GetRelativePath(Checkout.Root, path))
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void No_statement_of_a_script_gives_rows_before_another(string script) =>
        Assert.Empty(GivingBeforeAnother(File.ReadAllText(Path.Combine(Checkout.Root, script))));

    [Theory]
    [InlineData("SELECT 1; DELETE FROM t", 1)]
    [InlineData("-- why; and what\nPRAGMA x;\nINSERT INTO t VALUES (1);", 1)]
    [InlineData("INSERT INTO t VALUES (1) RETURNING id; DELETE FROM t", 1)]
    [InlineData("UPDATE t SET a = (SELECT 1); SELECT 1;", 0)]
    [InlineData("SELECT 1;", 0)]
    public void Such_a_statement_is_found(string sql, int count) => Assert.Equal(count, GivingBeforeAnother(sql).Count);

    private static List<string> GivingBeforeAnother(string sql)
    {
        var statements = Remark().Replace(sql, "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return [.. statements.SkipLast(1).Where(static s => Giving().IsMatch(s))];
    }

    [GeneratedRegex("--.*$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Remark();

    [GeneratedRegex(@"^(SELECT|PRAGMA|VALUES|WITH)\b|\bRETURNING\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Giving();
}
