using FsCheck;
using FsCheck.Fluent;
using Stagedoor.Content.Responses;
using Xunit;

namespace Stagedoor.Content.Tests.Responses;

public sealed class ByteRangeTests
{
    [Theory]
    [InlineData(null, 10, "Whole", 0, 10)]
    [InlineData("bytes=0-4", 10, "Part", 0, 5)]
    [InlineData("bytes=5-", 10, "Part", 5, 5)]
    [InlineData("bytes=5-100", 10, "Part", 5, 5)]
    [InlineData("bytes=-3", 10, "Part", 7, 3)]
    [InlineData("bytes=-30", 10, "Part", 0, 10)]
    [InlineData("bytes=-0", 10, "Unsatisfiable", 0, 0)]
    [InlineData("bytes=10-", 10, "Unsatisfiable", 0, 0)]
    [InlineData("bytes=5-4", 10, "Unsatisfiable", 0, 0)]
    [InlineData("bytes=0-", 0, "Unsatisfiable", 0, 0)]
    [InlineData("bytes=99999999999999999999-", 10, "Unsatisfiable", 0, 0)]
    [InlineData("bytes=0-1,3-4", 10, "Whole", 0, 10)]
    [InlineData("bytes=x-", 10, "Whole", 0, 10)]
    [InlineData("bytes=", 10, "Whole", 0, 10)]
    [InlineData("lines=0-1", 10, "Whole", 0, 10)]
    public void A_range_header_asks_for(string? header, long size, string kind, long offset, long length)
    {
        var range = ByteRange.Parse(header, size);

        Assert.Equal((kind, offset, length), (range.Kind.ToString(), range.Offset, range.Length));
    }

    [Fact]
    public void A_part_lies_within_the_content() => Check.QuickThrowOnFailure(
        Prop.ForAll<NonNegativeInt, NonNegativeInt, NonNegativeInt>((first, last, size) =>
        {
            var range = ByteRange.Parse($"bytes={first.Get}-{last.Get}", size.Get);
            return range.Kind is RangeKind.Unsatisfiable
                ? first.Get >= size.Get || last.Get < first.Get
                : range.Offset == first.Get && range.Length > 0 && range.Offset + range.Length <= size.Get;
        }));
}
