using Xunit;

namespace Stagedoor.Discovery.Tests.Microservices;

public sealed class RegistrationTests(Engine engine) : IClassFixture<Engine>
{
    [Fact]
    public async Task Fifty_registrations_of_one_key_at_once_are_one_microservice()
    {
        var name = Engine.NewName("crowd");

        var ids = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => engine.Registry.RegisterAsync(name)));

        Assert.Single(ids.Distinct());
        var all = await engine.Registry.CallAsync(HttpMethod.Get, "/microservices");
        Assert.Single(all.GetProperty("services").EnumerateArray(), s => s.GetProperty("serviceName").GetString() == name);
    }
}
