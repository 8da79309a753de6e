using System.Net;
using Stagedoor.Serve;
using Xunit;

namespace Stagedoor.Tests.Serve;

public sealed class BannerTextTests
{
    private static readonly string s_name = Dns.GetHostName();

    public static TheoryData<string, string?, string> Addresses => new()
    {
        { "http://127.0.0.1:8080", null, "http://127.0.0.1:8080" },
        { "http://[::1]:8080", null, "http://[::1]:8080" },
        { "http://0.0.0.0:8080", null, $"http://{s_name}:8080" },
        { "http://[::]:8080", null, $"http://{s_name}:8080" },
        { "https://0.0.0.0:8443", null, $"https://{s_name}:8443" },
        { "http://0.0.0.0:8080", "https://registry.example.com/", "https://registry.example.com" },
    };

    [Theory]
    [MemberData(nameof(Addresses))]
    public void People_are_given_an_address_that_they_can_call(string bound, string? external, string shown) =>
        Assert.Equal(shown, Banner.Shown(bound, external));

    [Theory]
    [InlineData("http://registry.lan:8080", true)]
    [InlineData("http://192.0.2.7:8080", true)]
    [InlineData("http://127.0.0.1:8080", false)]
    [InlineData("http://localhost:8080", false)]
    [InlineData("https://registry.lan", false)]
    public void Keys_that_would_travel_readably_are_warned_of(string url, bool isWarned)
    {
        var text = Text(url, isTerminal: true);

        Assert.Equal(isWarned, text.Contains("Warning: this is plain HTTP", StringComparison.Ordinal));
        Assert.Equal(isWarned, text.Contains($"\"insecure-registries\": [\"{new Uri(url).Authority}\"]", StringComparison.Ordinal));
    }

    [Fact]
    public void A_log_is_given_no_secret()
    {
        var text = Text("http://registry.lan:8080", isTerminal: false);

        Assert.Contains("/data/first-run.json", text, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", text, StringComparison.Ordinal);
    }

    private static string Text(string url, bool isTerminal) =>
        Banner.Text(
        url,
        [],
        new(url, "domain", "d1", "project", "p1", "root", "u1", "s3cret-password", "AK", "s3cret-key", "registry", "s3cret-registry"),
        "/data/first-run.json",
        certificate: null,
        isTerminal);
}
