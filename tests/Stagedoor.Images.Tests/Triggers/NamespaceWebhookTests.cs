using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>Webhooks of an organization, from the first to the last operation.</summary>
public sealed class NamespaceWebhookTests(WebhookTests.Allowing images) : IClassFixture<WebhookTests.Allowing>
{
    private const string Path = "/v2/manage/namespaces/hooked/webhooks";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task It_is_made_tried_changed_looked_at_and_deleted()
    {
        await using var receiver = new Receiver();
        await images.CreateOrganizationAsync("hooked");
        var id = (await DoAsync(HttpMethod.Post, Path, $$"""{"url":"{{receiver.Url}}","tag_pattern":"^v"}""", 201)).GetProperty("id").GetInt64();
        var hook = $"{Path}/{id}";
        await DoAsync(HttpMethod.Patch, hook, """{"events":["push","delete"],"enabled":true}""", 201);
        var shown = await images.GetAsync(hook);
        Assert.Equal(["push", "delete"], shown.GetProperty("events").EnumerateArray().Select(e => e.GetString()));

        var tried = (await DoAsync(HttpMethod.Post, hook + "/test", null, 201)).GetProperty("id").GetString();
        await DeliveredAsync($"{hook}/deliveries/{tried}");
        var again = (await DoAsync(HttpMethod.Post, $"{hook}/deliveries/{tried}/redeliver", null, 201)).GetProperty("id").GetString();
        await DeliveredAsync($"{hook}/deliveries/{again}");

        Assert.Equal([again, tried], (await images.GetAsync(hook + "/deliveries")).EnumerateArray().Select(d => d.GetProperty("id").GetString()));
        Assert.Equal(2, receiver.Received.Count);
        await DoAsync(HttpMethod.Delete, hook, null, 204);
        using var gone = await images.SendAsync(HttpMethod.Get, hook);
        await gone.ShouldFailAsync(404, "SVCSTG.SWR.4040091");
    }

    [Fact]
    public async Task A_delivery_of_a_repository_s_webhook_shows_what_was_sent()
    {
        await using var receiver = new Receiver();
        await images.PushImageAsync("team/delivered", "v1");
        const string Hooks = "/v2/manage/namespaces/team/repos/delivered/webhooks";
        var id = (await DoAsync(HttpMethod.Post, Hooks, $$"""{"url":"{{receiver.Url}}"}""", 201)).GetProperty("id").GetInt64();
        await images.PushImageAsync("team/delivered", "v2");
        await Eventually.TrueAsync("the delivery", s_patience, () => !receiver.Received.IsEmpty);

        var delivery = (await images.GetAsync($"{Hooks}/{id}/deliveries"))[0].GetProperty("id").GetString();
        var details = await images.GetAsync($"{Hooks}/{id}/deliveries/{delivery}");

        Assert.Equal("v2", details.GetProperty("content").GetProperty("data").GetProperty("tags")[0].GetString());
    }

    private Task DeliveredAsync(string delivery) => Eventually.TrueAsync(
        "the delivery", s_patience, async () => (await images.GetAsync(delivery)).GetProperty("delivery").GetProperty("status").GetString() is "delivered");

    private async Task<JsonElement> DoAsync(HttpMethod method, string path, string? body, int status)
    {
        using var response = await images.SendAsync(method, path, body);
        await Installation.ShouldBeAsync(response, status);
        var text = await response.Content.ReadAsStringAsync(Installation.Cancellation);
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }
}
