using Stagedoor.Commands;
using Xunit;

namespace Stagedoor.Tests.Commands;

/// <summary>What <c>stagedoor why</c> says where it lists nothing.</summary>
public sealed class WhyNoteTests
{
    [Theory]
    [InlineData(null, "none of your requests was refused, as far")]
    [InlineData("APIGW.0301", "none of your requests was refused with APIGW.0301")]
    [InlineData("HTTP.404", "none of your requests was refused with HTTP.404")]
    [InlineData("APIGW.9999", "there is no code 'APIGW.9999'")]
    [InlineData("0301", "there is no code '0301'")]
    public void A_list_without_rows_says_so_and_an_unknown_code_is_called_one(string? code, string note) =>
        Assert.StartsWith(note, WhyCommand.NoteOfNone(code), StringComparison.Ordinal);
}
