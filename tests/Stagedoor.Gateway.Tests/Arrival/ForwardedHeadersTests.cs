using System.Net;
using Microsoft.AspNetCore.Http;
using Stagedoor.Gateway.Arrival;
using Stagedoor.Http;
using Stagedoor.Identity;
using Xunit;

namespace Stagedoor.Gateway.Tests.Arrival;

public sealed class ForwardedHeadersTests
{
    [Fact]
    public void Nobody_is_believed_by_default()
    {
        var context = Request("127.0.0.1", ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example"));

        Apply(context, []);

        Assert.Equal("127.0.0.1", context.Connection.RemoteIpAddress!.ToString());
        Assert.Equal("http://stagedoor.example", context.ExternalBase());
    }

    [Fact]
    public void A_trusted_proxy_tells_the_client_the_scheme_and_the_host()
    {
        var context = Request("10.0.0.1", ("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "swr.example:8443"));

        Apply(context, ["10.0.0.0/8"]);

        Assert.Equal("203.0.113.9", context.Connection.RemoteIpAddress!.ToString());
        Assert.Equal("https://swr.example:8443", context.ExternalBase());
        // Signatures cover the header as it came.
        Assert.Equal("stagedoor.example", context.Request.Host.Value);
    }

    [Theory]
    [InlineData("198.51.100.66, 203.0.113.9", "203.0.113.9")]
    [InlineData("198.51.100.66, 203.0.113.9, 10.9.9.9", "203.0.113.9")]
    [InlineData("203.0.113.9:4711, 10.9.9.9", "203.0.113.9")]
    [InlineData("[2001:db8::7]:4711", "2001:db8::7")]
    [InlineData("10.1.1.1, 10.2.2.2", "10.1.1.1")]
    [InlineData("203.0.113.9, unknown, 10.9.9.9", "10.9.9.9")]
    [InlineData("", "10.0.0.1")]
    public void The_client_is_the_nearest_address_that_is_not_trusted(string header, string client)
    {
        var context = Request("10.0.0.1", ("X-Forwarded-For", header));

        Apply(context, ["10.0.0.0/8"]);

        Assert.Equal(client, context.Connection.RemoteIpAddress!.ToString());
    }

    [Theory]
    [InlineData("evil.example/path")]
    [InlineData("user@evil.example")]
    [InlineData("not a host")]
    public void A_host_that_is_none_is_not_taken(string host)
    {
        var context = Request("10.0.0.1", ("X-Forwarded-Host", host));

        Apply(context, ["10.0.0.1"]);

        Assert.Equal("http://stagedoor.example", context.ExternalBase());
    }

    [Fact]
    public void A_configured_address_goes_before_all_others()
    {
        var context = Request("10.0.0.1", ("X-Forwarded-Host", "swr.example"));

        Apply(context, ["10.0.0.1"], "https://images.example/");

        Assert.Equal("https://images.example", context.ExternalBase());
    }

    private static void Apply(HttpContext context, string[] trusted, string? externalUrl = null) =>
        new ForwardedHeaders(AddressList.Parse(trusted), externalUrl).Apply(context);

    private static DefaultHttpContext Request(string peer, params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        context.Request.Scheme = "http";
        context.Request.Host = new("stagedoor.example");
        foreach (var (name, value) in headers)
        {
            context.Request.Headers[name] = value;
        }

        return context;
    }
}
