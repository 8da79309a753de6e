using Stagedoor.Http;
using Xunit;

namespace Stagedoor.Gateway.Tests;

public sealed class GatewayOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => Assert.False(Validate(new()).Failed);

    [Fact]
    public void Every_wrong_setting_is_named_at_once()
    {
        var options = new GatewayOptions { ExternalUrl = "https://images.example/base" };
        options.TrustedProxies.Add("proxy");
        options.TrustedProxies.Add("10.0.0.0/99");
        options.Routes.Add(new() { Prefix = "/v1/{project_id}", Auth = AuthMode.None });
        options.Routes.Add(new() { Prefix = "/v1/{project_id}/" });

        var failures = Validate(options).Failures!.ToList();

        Assert.Equal(4, failures.Count);
        Assert.Contains(failures, static f => f.StartsWith("ExternalUrl ", StringComparison.Ordinal));
        Assert.Contains(failures, static f => f.StartsWith("Gateway:TrustedProxies:0 ", StringComparison.Ordinal));
        Assert.Contains(failures, static f => f.StartsWith("Gateway:TrustedProxies:1 ", StringComparison.Ordinal));
        Assert.Contains(failures, static f => f.StartsWith("Gateway:Routes ", StringComparison.Ordinal));
    }

    private static Microsoft.Extensions.Options.ValidateOptionsResult Validate(GatewayOptions options) =>
        new GatewayOptionsRules().Validate(null, options);
}
