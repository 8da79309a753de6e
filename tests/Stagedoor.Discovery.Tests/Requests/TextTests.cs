using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Requests;

/// <summary>Texts that not every database and every client can hold enter the registry nowhere.</summary>
public sealed class TextTests(Engine engine) : IClassFixture<Engine>
{
    [Theory]
    [InlineData("PUT", "/microservices/{0}/properties", """{"properties":{"k":"a\u0000b"}}""")]
    [InlineData("PUT", "/microservices/{0}/properties", """{"properties":{"a\u0000b":"v"}}""")]
    [InlineData("PUT", "/microservices/{0}/properties", """{"properties":{"k":"\ud800"}}""")]
    [InlineData("PUT", "/microservices/{0}/properties", """{"properties":{},"framework":{"version":"\u0000"}}""")]
    [InlineData("PUT", "/microservices/{0}/instances/{1}/properties", """{"properties":{"k":"a\u0000b"}}""")]
    [InlineData("POST", "/microservices/{0}/instances", """{"instance":{"hostName":"a\u0000b","endpoints":["rest://h:1"]}}""")]
    [InlineData("POST", "/microservices/{0}/instances", """{"instance":{"hostName":"h","endpoints":["rest://h\u0000:1"]}}""")]
    [InlineData("POST", "/microservices/{0}/instances", """{"instance":{"hostName":"h","endpoints":["rest://h:1"],"dataCenterInfo":{"name":"\u0000","region":"r","availableZone":"z"}}}""")]
    [InlineData("POST", "/microservices", """{"service":{"serviceName":"nul","version":"1.0.0","description":"\u0000"}}""")]
    [InlineData("POST", "/microservices", """{"service":{"serviceName":"nul","version":"1.0.0","LBStrategy":{"a":"\u0000"}}}""")]
    [InlineData("PUT", "/microservices/{0}/schemas/one", """{"schema":"a\u0000b","summary":"s"}""")]
    [InlineData("POST", "/microservices/{0}/tags", """{"tags":{"k":"a\u0000b"}}""")]
    [Provokes("400001")]
    public async Task They_are_refused(string method, string path, string body)
    {
        var service = await engine.RegisterAsync(engine.NewName(), "texts");
        var instance = await engine.AddInstanceAsync(service);

        using var refused = await engine.SendAsync(new(method), string.Format(System.Globalization.CultureInfo.InvariantCulture, path, service, instance), body);

        await refused.ShouldFailAsync(400, "400001");
    }

    [Fact]
    public async Task All_others_are_kept()
    {
        const string Text = "\u0001 \u00e9 \ud83d\ude00 \" \\\\";
        var service = await engine.RegisterAsync(engine.NewName(), "texts");

        using var put = await engine.SendAsync(
            HttpMethod.Put, $"/microservices/{service}/properties", System.Text.Json.JsonSerializer.Serialize(new { properties = new Dictionary<string, string>(StringComparer.Ordinal) { [Text] = Text } }));

        await Engine.OkAsync(put);
        var shown = await engine.GetAsync($"/microservices/{service}");
        Assert.Equal(Text, shown.GetProperty("service").GetProperty("properties").GetProperty(Text).GetString());
    }
}
