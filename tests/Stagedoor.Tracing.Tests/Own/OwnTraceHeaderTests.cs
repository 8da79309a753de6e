using Stagedoor.Tracing.Own;
using Xunit;

namespace Stagedoor.Tracing.Tests.Own;

/// <summary>The headers that another collector asks for.</summary>
public sealed class OwnTraceHeaderTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("authorization=Bearer KEY", "authorization: Bearer KEY")]
    [InlineData("authorization=Bearer%20KEY, x-scope = a%2Cb%25 ,", "authorization: Bearer KEY; x-scope: a,b%")]
    [InlineData("x-key=a=b", "x-key: a=b")]
    public void They_are_written_as_those_of_other_senders(string setting, string headers) =>
        Assert.Equal(headers, string.Join("; ", OwnTraceExport.HeadersOf(setting)!.Select(static h => $"{h.Name}: {h.Value}")));

    [Theory]
    [InlineData("authorization")]
    [InlineData("=value")]
    [InlineData("a b=c")]
    [InlineData("a=%0D%0Ab: c")]
    public void What_is_none_is_refused(string setting) => Assert.Null(OwnTraceExport.HeadersOf(setting));
}
