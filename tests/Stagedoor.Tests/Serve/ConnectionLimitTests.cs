using Stagedoor.Serve;
using Xunit;

namespace Stagedoor.Tests.Serve;

public sealed class ConnectionLimitTests
{
    [Theory]
    [InlineData(0, 524_288, 267, 261_978)]
    [InlineData(0, 1_024, 267, 346)]
    [InlineData(0, 300, 283, 4)]
    [InlineData(0, 100, 283, 4)]
    [InlineData(100, 1_024, 267, 100)]
    [InlineData(1_000, 1_024, 267, 346)]
    [InlineData(0, null, null, int.MaxValue)]
    [InlineData(5, null, null, 5)]
    public void As_many_as_the_descriptors_allow_or_fewer_when_told(int setting, int? descriptors, int? used, int expected) =>
        Assert.Equal(expected, ConnectionLimit.Choose(setting, descriptors, used));
}
