using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>Answers to a webhook with characters that a strict database does not take; beside no other test, since their deliveries are tried again.</summary>
public sealed class WebhookTextTests(WebhookTextTests.Fixture images) : IClassFixture<WebhookTextTests.Fixture>
{
    [Fact]
    public async Task What_a_receiver_says_that_no_database_takes_is_kept_readable()
    {
        images.Require();
        await using var receiver = new Receiver { Answer = static _ => "HTTP/1.1 2\0x nonsense\r\nContent-Length: 0\r\n\r\n" };
        await images.CreateOrganizationAsync("odd");
        const string Webhooks = "/v2/manage/namespaces/odd/webhooks";
        using var made = await images.App.Admin.PostAsJsonAsync(Webhooks, new { url = receiver.Url }, Installation.Cancellation);
        await Installation.ShouldBeAsync(made, 201);
        var hook = $"{Webhooks}/{(await made.Content.ReadFromJsonAsync<JsonElement>(Installation.Cancellation)).GetProperty("id").GetInt64()}";
        using (var tested = await images.App.Admin.PostAsync(new Uri($"{hook}/test", UriKind.Relative), null, Installation.Cancellation))
        {
            await Installation.ShouldBeAsync(tested, 201);
        }

        var delivery = default(JsonElement);
        await Eventually.TrueAsync("a first attempt on record", TimeSpan.FromSeconds(30), async () =>
        {
            delivery = (await images.App.Admin.GetFromJsonAsync<JsonElement>($"{hook}/deliveries", Installation.Cancellation))[0];
            return delivery.GetProperty("attempts").GetInt32() > 0;
        });
        Assert.Contains("2\ufffdx", delivery.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    /// <summary>On PostgreSQL, allowed to call this machine.</summary>
    public sealed class Fixture : SharedDatabase
    {
        protected override IEnumerable<(string Key, string Value)> Limits => [.. base.Limits, ("Images:Triggers:AllowedNetworks:0", "127.0.0.1")];
    }
}
