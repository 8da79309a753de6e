using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

using Xunit;

namespace Stagedoor.Errors.Tests;

public sealed partial class CatalogueTests
{
    public static TheoryData<string> Tables =>
        [.. typeof(ErrorCatalog).Assembly.GetExportedTypes().Select(type => type.Name).Where(name => name.EndsWith("Codes", StringComparison.Ordinal))];

    private static bool IsFounding(ErrorDefinition row) => row.Source.StartsWith("Founding document", StringComparison.Ordinal);

    [Fact]
    public void Every_code_of_the_founding_documents_is_there_and_no_other()
    {
        var expected = FoundingTable.Rows.Select(row => $"{row.Service} {row.Code} {row.Status}");
        var actual = ErrorCatalog.All.Where(row => IsFounding(row));

        AssertSame(expected, actual.Select(row => $"{row.Service} {row.Code} {row.Status}"));
    }

    [Fact]
    public void There_are_as_many_as_we_promise()
    {
        var founded = ErrorCatalog.All.Where(row => IsFounding(row));

        Assert.Equal(221, founded.Select(row => row.Code).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Texts_of_the_founding_documents_are_kept_to_the_letter()
    {
        var expected = FoundingTable.Rows.Where(row => row.HasMessage).Select(row => $"{row.Code}: {row.Message}");
        var actual = ErrorCatalog.All.Where(row => IsFounding(row) && row.Service is not "images");

        AssertSame(expected, actual.Select(row => $"{row.Code}: {row.Message ?? "null"}"));
    }

    [Fact]
    public void Nobody_else_has_a_row_without_text()
    {
        Assert.Equal([TracingCodes.AtpsSucceeded, TracingCodes.AtsSucceeded], ErrorCatalog.All.Where(row => string.IsNullOrWhiteSpace(row.Message)));
    }

    [Fact]
    public void The_one_text_that_the_image_document_shows_is_kept()
    {
        Assert.Equal("Failed to get Token from Context", ImagesCodes.TokenMissing.Message);
    }

    [Fact]
    public void The_image_service_numbers_its_codes_by_status()
    {
        Assert.All(ImagesCodes.All, row => Assert.Equal(row.Status, int.Parse(row.Code.Split('.')[^1].AsSpan(0, 3), CultureInfo.InvariantCulture)));
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void Every_row_has_a_name_and_every_name_a_row(string table)
    {
        var type = typeof(ErrorCatalog).Assembly.GetType($"Stagedoor.Errors.{table}", throwOnError: true)!;
        var fields = type.GetFields(BindingFlags.Public | BindingFlags.Static);
        var named = fields.Select(field => field.GetValue(null)).OfType<ErrorDefinition>().ToHashSet();

        var all = (IReadOnlyCollection<ErrorDefinition>)type.GetProperty("All")!.GetValue(null)!;

        Assert.NotEmpty(all);
        Assert.Equal(named.Count, all.Count);
        Assert.All(all, row => Assert.Contains(row, named));
        Assert.All(all, row => Assert.Contains(row, ErrorCatalog.All));
    }

    [Fact]
    public void No_row_is_there_twice()
    {
        Assert.Distinct(ErrorCatalog.All.Select(row => (row.Code, row.Status, row.Message)));
    }

    [Fact]
    public void Every_row_says_something_in_both_languages()
    {
        Assert.All(ErrorCatalog.All, row =>
        {
            Assert.All([row.English.Meaning, row.English.Remedy, row.Provoke, row.Source], text => Assert.Matches(Sentence(), text));
            Assert.All([row.Chinese.Meaning, row.Chinese.Remedy], text => Assert.Matches(ChineseSentence(), text));
        });
    }

    [Fact]
    public void English_has_no_Chinese_in_it()
    {
        Assert.All(
            ErrorCatalog.All,
            row => Assert.DoesNotMatch(Cjk(), row.English.Meaning + row.English.Remedy + row.Provoke + row.Source + row.Message));
    }

    [Fact]
    public void No_two_rows_say_the_same()
    {
        Assert.Distinct(ErrorCatalog.All.Select(row => row.English.Meaning), StringComparer.Ordinal);
        Assert.Distinct(ErrorCatalog.All.Select(row => row.English.Remedy), StringComparer.Ordinal);
        Assert.Distinct(ErrorCatalog.All.Select(row => row.Chinese.Meaning), StringComparer.Ordinal);
        Assert.Distinct(ErrorCatalog.All.Select(row => row.Chinese.Remedy), StringComparer.Ordinal);
    }

    [Fact]
    public void A_meaning_is_more_than_the_text_on_the_wire()
    {
        Assert.All(ErrorCatalog.All, row =>
        {
            Assert.NotEqual(row.Message, row.English.Meaning, StringComparer.Ordinal);
            Assert.True(row.English.Meaning.Length + row.English.Remedy.Length >= 100, row.Code);
        });
    }

    [Fact]
    public void A_code_declared_twice_fails()
    {
        var table = new ErrorTable("X.", Envelope.Gateway, "gateway", "a test");
        table.Add(404, "1", "Gone.", new("a", "b"), new("甲", "乙"), "c");

        var twice = Assert.Throws<InvalidOperationException>(() => table.Add(404, "1", "Gone.", new("a", "b"), new("甲", "乙"), "c"));

        Assert.Contains("X.1", twice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_may_differ_from_its_table_in_shape()
    {
        var table = new ErrorTable("X.", Envelope.Images, "images", "a test");

        var row = table.Add(404, "1", "Gone.", new("a", "b"), new("甲", "乙"), "c", shape: Envelope.Oci);

        Assert.Equal(Envelope.Oci, row.Envelope);
    }

    private static void AssertSame(IEnumerable<string> expected, IEnumerable<string> actual) =>
        Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal), StringComparer.Ordinal);

    [GeneratedRegex(@"^\S.{3,}$", RegexOptions.NonBacktracking)]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\p{IsCJKUnifiedIdeographs}{2}.*。$", RegexOptions.NonBacktracking)]
    private static partial Regex ChineseSentence();

    [GeneratedRegex(@"\p{IsCJKUnifiedIdeographs}", RegexOptions.NonBacktracking)]
    private static partial Regex Cjk();
}
