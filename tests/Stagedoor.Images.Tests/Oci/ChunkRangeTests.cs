using Stagedoor.Images.Uploads;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

public sealed class ChunkRangeTests
{
    [Theory]
    [InlineData("0-9", true, 0, 9)]
    [InlineData("bytes 5-9/*", true, 5, 9)]
    [InlineData("9-5", false, 0, 0)]
    [InlineData("-5", false, 0, 0)]
    [InlineData("5", false, 0, 0)]
    [InlineData("a-b", false, 0, 0)]
    [InlineData("0-9223372036854775806", true, 0, long.MaxValue - 1)]
    [InlineData("0-9223372036854775807", false, 0, 0)]
    [InlineData("1-9223372036854775807", true, 1, long.MaxValue)]
    public void A_chunk_says_where_it_belongs(string text, bool isValid, long first, long last)
    {
        Assert.Equal(isValid, ChunkRange.TryParse(text, out var range));
        Assert.Equal((first, last), (range.First, range.Last));
    }
}
