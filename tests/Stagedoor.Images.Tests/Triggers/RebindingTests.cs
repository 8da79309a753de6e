using System.Net;
using Microsoft.Extensions.Options;
using Stagedoor.Images.Triggers;
using Stagedoor.Images.Triggers.Webhooks;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>Names that lead to an address that may be reached and then to one that may not. 127.0.0.1 may be, and nothing else here.</summary>
public sealed class RebindingTests(NamedInstallation images) : IClassFixture<NamedInstallation>
{
    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.2")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::127.0.0.2")]
    [InlineData("64:ff9b::7f00:2")]
    [InlineData("64:ff9b:1::7f00:2")]
    [InlineData("2002:7f00:2::1")]
    [InlineData("2001:0:7f00:2::")]
    [InlineData("169.254.169.254")]
    public async Task The_second_answer_of_a_name_is_looked_at_as_the_first_was(string elsewhere)
    {
        var name = NamedInstallation.NewName();
        await images.CreateRepositoryAsync(name);
        // On all addresses, so that only the guard keeps anybody away.
        await using var receiver = new Receiver(IPAddress.IPv6Any);
        images.Names.Where = (_, times) => times == 1 ? ["127.0.0.1"] : [elsewhere];
        var hook = await images.HookAsync($"team/repos/{name}", $"http://{name}.example:{receiver.Port}/");
        await images.DoAsync(HttpMethod.Post, hook + "/test", null, 201);
        await images.DeliveriesAsync(hook, static d => d[0].GetProperty("status").GetString() is "delivered");

        await images.DoAsync(HttpMethod.Post, hook + "/test", null, 201);

        var failed = (await images.DeliveriesAsync(hook, static d => d.Count == 2 && d[0].GetProperty("status").GetString() is not "waiting"))[0];
        Assert.Equal(("failed", 1), (failed.GetProperty("status").GetString(), failed.GetProperty("attempts").GetInt32()));
        Assert.Contains("Images:Triggers:AllowedNetworks", failed.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Single(receiver.Received);
    }

    [Fact]
    public async Task Of_several_addresses_only_those_are_tried_that_may_be_reached()
    {
        var name = NamedInstallation.NewName();
        await images.CreateRepositoryAsync(name);
        await using var inside = new Receiver(IPAddress.Parse("127.0.0.2"));
        images.Names.Where = static (_, _) => ["127.0.0.2", "127.0.0.1", "::ffff:127.0.0.2"];
        var hook = await images.HookAsync($"team/repos/{name}", $"http://{name}.example:{inside.Port}/");

        // Nobody listens at the one that may be reached.
        await images.DoAsync(HttpMethod.Post, hook + "/test", null, 201);

        var refused = (await images.DeliveriesAsync(hook, static d => d[0].GetProperty("attempts").GetInt32() > 0))[0];
        Assert.Equal("waiting", refused.GetProperty("status").GetString());
        Assert.Empty(inside.Received);
    }

    [Theory]
    [InlineData("http://[::ffff:127.0.0.2]/")]
    [InlineData("http://[::ffff:7f00:2]/")]
    [InlineData("http://[64:ff9b::7f00:2]/")]
    [InlineData("http://[64:ff9b:1::7f00:2]/")]
    [InlineData("http://[2002:7f00:2::]/")]
    [InlineData("http://[::127.0.0.2]/")]
    [InlineData("http://0177.0.0.2/")]
    [InlineData("http://0x7f.2/")]
    [InlineData("http://127.2/")]
    public async Task A_private_address_is_refused_in_whatever_form_it_is_written(string url)
    {
        using var refused = await images.SendAsync(
            HttpMethod.Post, "/v2/manage/namespaces/team/webhooks", System.Text.Json.JsonSerializer.Serialize(new { url }));

        await refused.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Theory]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("64:ff9b::a01:203", true)]
    [InlineData("::ffff:192.168.0.1", false)]
    [InlineData("64:ff9b::c0a8:1", false)]
    [InlineData("2002:a01:203::", false)]
    public void What_is_permitted_is_permitted_in_the_forms_that_lead_there(string address, bool isAdmitted)
    {
        var options = new TriggerOptions { AllowedNetworks = { "10.0.0.0/8" } };

        Assert.Equal(isAdmitted, new WebhookNetworks(new(), Options.Create(options)).Admits(IPAddress.Parse(address)));
    }
}
