using System.Text;
using Stagedoor.Tracing.Masking;
using Xunit;

namespace Stagedoor.Tracing.Tests.Masking;

public sealed class QueryMaskTests
{
    [Theory]
    [InlineData("https://shop/cart?token=abc", "https://shop/cart?token=REDACTED")]
    [InlineData("/cart?page=2&Token=abc&sig=x#part", "/cart?page=2&Token=REDACTED&sig=REDACTED#part")]
    [InlineData("/o?X-Amz-Signature=00ff&X-Amz-Expires=60", "/o?X-Amz-Signature=REDACTED&X-Amz-Expires=60")]
    [InlineData("/in?password=a?b;c=d&x=1", "/in?password=REDACTED&x=1")]
    [InlineData("/in?x=1;password=a", "/in?x=1;password=REDACTED")]
    [InlineData("/to?url=https://b/?token=abc", "/to?url=https://b/?token=REDACTED")]
    [InlineData("/done#token=abc", "/done#token=REDACTED")]
    [InlineData("/twice?token=REDACTED&token=b", "/twice?token=REDACTED&token=REDACTED")]
    [InlineData("https://ann:secret@shop/cart", "https://REDACTED:REDACTED@shop/cart")]
    [InlineData("https://ann:se@cret@shop:8443/cart?token=abc&x=1", "https://REDACTED:REDACTED@shop:8443/cart?token=REDACTED&x=1")]
    [InlineData("redis://:secret@cache", "redis://REDACTED:REDACTED@cache")]
    [InlineData("https://ghp_secret@git.example?x=1", "https://REDACTED@git.example?x=1")]
    [InlineData("GET https://ann:secret@shop/cart", "GET https://REDACTED:REDACTED@shop/cart")]
    public void The_values_of_secret_parameters_are_left_out(string url, string masked) => Assert.Equal(masked, Mask(url, isQuery: false));

    [Theory]
    [InlineData("")]
    [InlineData("/cart")]
    [InlineData("/token=abc")]
    [InlineData("/cart?")]
    [InlineData("/cart?token")]
    [InlineData("/cart?token=")]
    [InlineData("/cart?token=&x=1")]
    [InlineData("/cart?tokens=1&mytoken=2&key2=3")]
    [InlineData("/cart?token=REDACTED")]
    [InlineData("SELECT * FROM t WHERE a = ? AND token=?")]
    [InlineData("https://shop/@ann/cart")]
    [InlineData("https://shop?mail=ann@shop")]
    [InlineData("https://@shop/cart")]
    [InlineData("https://REDACTED:REDACTED@shop/cart")]
    [InlineData("https://REDACTED@shop/cart")]
    [InlineData("/cart?to=https://shop")]
    public void Anything_else_stays(string url) => Assert.Null(Mask(url, isQuery: false));

    [Fact]
    public void A_query_alone_begins_with_a_parameter()
    {
        Assert.Equal("key=REDACTED&a=1", Mask("key=secret&a=1", isQuery: true));
        Assert.Null(Mask("key=secret&a=1", isQuery: false));
    }

    [Fact]
    public void Without_names_there_is_nothing_to_look_for() => Assert.Null(QueryMask.Of(" , "));

    private static string? Mask(string text, bool isQuery) =>
        QueryMask.Of("token, password,sig,key,X-Amz-Signature")!.Mask(Encoding.UTF8.GetBytes(text), isQuery) is { } masked ? Encoding.UTF8.GetString(masked) : null;
}
