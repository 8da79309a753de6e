using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Stagedoor.Tests;

public sealed class TextTests
{
    private const string Pair = "\U0001F600";

    [Theory]
    [InlineData("", 0, "")]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "abc")]
    [InlineData("ab" + Pair, 4, "ab" + Pair)]
    [InlineData("ab" + Pair, 3, "ab")]
    [InlineData(Pair, 1, "")]
    [InlineData(Pair + "x", 0, "")]
    public void A_text_is_cut_at_a_whole_character(string text, int maxLength, string expected) => Assert.Equal(expected, Text.Cut(text, maxLength));

    // Not a theory: the runner cannot pass such texts on.
    [Fact]
    public void A_text_with_half_a_character_or_NUL_cannot_be_stored()
    {
        Assert.All((string[])["", "组织 " + Pair, Pair + Pair], static text => Assert.True(Text.IsStorable(text)));
        Assert.All(
            (string[])["a\0b", "\uD83D", "\uDE00", "\uDE00\uD83D", Pair + "\uD83D", "\uD83D" + Pair, "\uD83Dx"],
            static text => Assert.False(Text.IsStorable(text)));
    }

    [Fact]
    public void What_was_repaired_can_be_encoded_and_is_as_long() => Prop.ForAll(
        Gen.Elements('a', '\0', '\uD83D', '\uDE00', '组').ListOf().Select(static units => new string([.. units])).ToArbitrary(),
        static text =>
        {
            var repaired = Text.Repair(text);
            _ = new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(repaired);
            Assert.True(Text.IsStorable(repaired));
            Assert.Equal(text.Length, repaired.Length);
            Assert.Equal(Text.IsStorable(text), string.Equals(text, repaired, StringComparison.Ordinal));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_cut_of_what_can_be_stored_can_be_stored() => Prop.ForAll(
        Gen.Elements("a", Pair, "组").ListOf().Select(string.Concat).ToArbitrary(),
        Gen.Choose(0, 20).ToArbitrary(),
        static (text, maxLength) =>
        {
            var cut = Text.Cut(text, maxLength);
            Assert.True(Text.IsStorable(cut));
            Assert.InRange(cut.Length, Math.Min(text.Length, Math.Max(0, maxLength - 1)), maxLength);
            Assert.StartsWith(cut, text, StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();
}
