using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Stagedoor.Images.Triggers;
using Stagedoor.Images.Triggers.Webhooks;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Triggers;

public sealed class WebhookTests(WebhookTests.Allowing images) : IClassFixture<WebhookTests.Allowing>
{
    private const string Secret = "a-secret-of-some-length";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static int s_names;

    [Fact]
    public async Task Pushes_and_deletions_are_sent_signed_as_cloud_events()
    {
        await using var receiver = new Receiver();
        var (repository, path) = await MakeAsync($$"""{"url":"{{receiver.Url}}","secret":"{{Secret}}","events":["delete","push"],"tag_pattern":"^v"}""");
        await images.PushImageAsync($"team/{repository}", "other");
        var (digest, _) = await images.PushImageAsync($"team/{repository}", "v1");
        await ArrivedAsync(receiver, 1);
        using (var deleted = await images.Registry.DeleteAsync(new Uri($"/v2/team/{repository}/manifests/v1", UriKind.Relative), Installation.Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 202);
        }

        await ArrivedAsync(receiver, 2);
        var first = receiver.Received.First();
        byte[] signed = [.. Encoding.ASCII.GetBytes(first.Header("X-Stagedoor-Timestamp") + "."), .. first.Body];
        var hash = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed);
        Assert.Equal("sha256=" + Convert.ToHexStringLower(hash), first.Header("X-Stagedoor-Signature"));
        Assert.Equal("application/cloudevents+json; charset=utf-8", first.Header("Content-Type"));
        var sent = JsonDocument.Parse(first.Body).RootElement;
        Assert.Equal(("1.0", "stagedoor.images.push", $"team/{repository}"), (Text(sent, "specversion"), Text(sent, "type"), Text(sent, "subject")));
        Assert.Equal(
            $$"""{"event":"push","namespace":"team","repository":"{{repository}}","tags":["v1"],"digest":"{{digest}}","image":"{{new Uri(images.App.Url).Authority}}/team/{{repository}}","user_name":"{{images.App.FirstRun.User}}"}""",
            sent.GetProperty("data").GetRawText());
        Assert.Equal("stagedoor.images.delete", Text(JsonDocument.Parse(receiver.Received.Last().Body).RootElement, "type"));
        var shown = await images.GetAsync(path);
        Assert.DoesNotContain(Secret, shown.GetRawText(), StringComparison.Ordinal);
        var deliveries = await DeliveriesAsync(path, 2, "delivered");
        Assert.Equal(204, deliveries[0].GetProperty("response_status").GetInt32());
    }

    [Fact]
    public async Task A_tag_that_comes_back_is_told_as_a_push()
    {
        await using var receiver = new Receiver();
        var (repository, _) = await MakeAsync($$"""{"url":"{{receiver.Url}}","events":["push"]}""");
        var (digest, _) = await images.PushImageAsync($"team/{repository}", "v1");
        await ArrivedAsync(receiver, 1);
        var tag = $"/v2/manage/namespaces/team/repos/{repository}/tags/v1";
        using (var deleted = await images.SendAsync(HttpMethod.Delete, tag))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        using (var restored = await images.SendAsync(HttpMethod.Post, $"{tag}/restore"))
        {
            await Installation.ShouldBeAsync(restored, 201);
        }

        await ArrivedAsync(receiver, 2);
        var data = JsonDocument.Parse(receiver.Received.Last().Body).RootElement.GetProperty("data");
        Assert.Equal(("push", digest, images.App.FirstRun.User), (Text(data, "event"), Text(data, "digest"), Text(data, "user_name")));
    }

    [Fact]
    public async Task A_receiver_that_fails_is_tried_again_and_the_same_event_can_be_sent_by_hand()
    {
        await using var receiver = new Receiver { Answer = static n => n == 1 ? "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno" : n == 2 ? null : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" };
        var (repository, path) = await MakeAsync($$"""{"url":"{{receiver.Url}}"}""");
        await images.PushImageAsync($"team/{repository}", "v1");
        await Eventually.TrueAsync("the third attempt", s_patience, () =>
        {
            images.App.Clock.Advance(TimeSpan.FromSeconds(3));
            return receiver.Received.Count >= 3;
        });
        var delivery = (await DeliveriesAsync(path, 1, "delivered"))[0];
        Assert.Equal((3, 200, "ok"), (delivery.GetProperty("attempts").GetInt32(), delivery.GetProperty("response_status").GetInt32(), Text(delivery, "response_body")));

        using (var again = await images.SendAsync(HttpMethod.Post, $"{path}/deliveries/{Text(delivery, "id")}/redeliver"))
        {
            await Installation.ShouldBeAsync(again, 201);
        }

        await ArrivedAsync(receiver, 4);
        Assert.Equal(receiver.Received.First().Body, receiver.Received.Last().Body);
        Assert.Equal(2, (await DeliveriesAsync(path, 2, "delivered")).Count);
    }

    [Fact]
    public async Task Redirects_are_not_followed_and_of_long_answers_the_beginning_is_kept()
    {
        await using var target = new Receiver();
        await using var receiver = new Receiver();
        receiver.Answer = n => n == 1 ? $"HTTP/1.1 302 Found\r\nLocation: {target.Url}\r\nContent-Length: 0\r\n\r\n"
            : $"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n{new string('x', 100_000)}";
        var (_, path) = await MakeAsync($$"""{"url":"{{receiver.Url}}","enabled":false}""");
        await TestAsync(path);
        Assert.Equal(302, (await DeliveriesAsync(path, 1, "failed"))[0].GetProperty("response_status").GetInt32());
        await TestAsync(path);
        Assert.Equal(1024, Text((await DeliveriesAsync(path, 2, "delivered"))[0], "response_body").Length);
        Assert.Empty(target.Received);
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_is_given_up_in_time()
    {
        await using var receiver = new Receiver { Answer = static _ => "" };
        var (_, path) = await MakeAsync($$"""{"url":"{{receiver.Url}}"}""");
        await TestAsync(path);
        await ArrivedAsync(receiver, 1);
        await Eventually.TrueAsync("the end of patience", s_patience, async () =>
        {
            images.App.Clock.Advance(TimeSpan.FromSeconds(5));
            return Text((await images.GetAsync($"{path}/deliveries"))[0], "error").Contains("Images:Triggers:TimeoutSeconds", StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task An_organization_is_told_of_all_its_repositories()
    {
        await using var receiver = new Receiver();
        await images.CreateOrganizationAsync("whole");
        using (var made = await images.SendAsync(HttpMethod.Post, "/v2/manage/namespaces/whole/webhooks", $$"""{"url":"{{receiver.Url}}"}"""))
        {
            await Installation.ShouldBeAsync(made, 201);
        }

        await images.PushImageAsync("whole/one", "v1");
        await images.PushImageAsync("whole/two", "v1");
        await ArrivedAsync(receiver, 2);
        Assert.Equal(1, (await images.GetAsync("/v2/manage/namespaces/whole/webhooks")).GetArrayLength());
    }

    [Fact]
    public async Task What_is_there_wrong_or_too_much_is_refused()
    {
        var (repository, path) = await MakeAsync("""{"url":"https://hooks.example.com/a"}""");
        var all = path[..path.LastIndexOf('/')];
        foreach (var (body, status, code) in ((string, int, string)[])
        [
            ("""{}""", 400, "4001014"),
            ("""{"url":"https://hooks.example.com/a"}""", 409, "4090006"),
            ("""{"url":"ftp://hooks.example.com/"}""", 400, "4000014"),
            ("""{"url":"/hook"}""", 400, "4000014"),
            ("""{"url":"https://user:word@hooks.example.com/"}""", 400, "4000014"),
            ("""{"url":"http://10.0.0.1/"}""", 400, "4000014"),
            ("""{"url":"http://[::ffff:169.254.169.254]/latest"}""", 400, "4000014"),
            ("""{"url":"http://2130706434/"}""", 400, "4000014"),
            ("""{"url":"https://a.example.com/","secret":"short"}""", 400, "4000014"),
            ("""{"url":"https://a.example.com/","events":["pull"]}""", 400, "4000014"),
            ("""{"url":"https://a.example.com/","tag_pattern":"("}""", 400, "4000014"),
        ])
        {
            using var refused = await images.SendAsync(HttpMethod.Post, all, body);
            await refused.ShouldFailAsync(status, $"SVCSTG.SWR.{code}");
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => images.SendAsync(HttpMethod.Post, all, $$"""{"url":"https://hooks.example.com/{{repository}}/{{i}}"}""")));
        Assert.Equal(19, answers.Count(r => (int)r.StatusCode == 201));
        Array.ForEach(answers, r => r.Dispose());
        using (var changed = await images.SendAsync(HttpMethod.Patch, path, """{"enabled":false}"""))
        {
            await Installation.ShouldBeAsync(changed, 201);
        }

        Assert.False((await images.GetAsync(path)).GetProperty("enabled").GetBoolean());
        using (var deleted = await images.SendAsync(HttpMethod.Delete, path))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        using var gone = await images.SendAsync(HttpMethod.Get, path);
        await gone.ShouldFailAsync(404, "SVCSTG.SWR.4040091");
    }

    [Fact]
    public async Task A_name_that_leads_to_a_private_address_is_not_connected_to()
    {
        await using var receiver = new Receiver();
        // The fixture permits 127.0.0.1; this name may lead to ::1 as well, which it does not.
        var guard = new WebhookNetworks(new(), Options.Create(new TriggerOptions()));
        using var sender = new WebhookSender(guard, TimeProvider.System, Options.Create(new TriggerOptions()));
        var answer = await sender.SendAsync(
            new() { Url = $"http://localhost:{receiver.Port}/" }, new() { Id = "d", Event = "test", Content = "{}" }, Secret, Installation.Cancellation);

        Assert.True(answer.IsFinal);
        Assert.Contains("Images:Triggers:AllowedNetworks", answer.Error, StringComparison.Ordinal);
        Assert.Empty(receiver.Received);
    }

    [Theory]
    [InlineData("93.184.216.34", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("10.1.2.3", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("168.63.129.16", false)]
    [InlineData("192.168.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("fe80::1", false)]
    [InlineData("ff02::1", false)]
    public void Only_the_public_internet_is_reached(string address, bool isAdmitted) =>
        Assert.Equal(isAdmitted, new WebhookNetworks(new(), Options.Create(new TriggerOptions())).Admits(IPAddress.Parse(address)));

    private async Task<(string Repository, string Path)> MakeAsync(string body)
    {
        var repository = $"hooked-{Interlocked.Increment(ref s_names)}";
        await images.CreateRepositoryAsync(repository);
        var all = $"/v2/manage/namespaces/team/repos/{repository}/webhooks";
        using var made = await images.SendAsync(HttpMethod.Post, all, body);
        await Installation.ShouldBeAsync(made, 201);
        var id = JsonDocument.Parse(await made.Content.ReadAsStringAsync(Installation.Cancellation)).RootElement.GetProperty("id").GetInt64();
        return (repository, $"{all}/{id}");
    }

    private async Task TestAsync(string path)
    {
        using var sent = await images.SendAsync(HttpMethod.Post, $"{path}/test");
        await Installation.ShouldBeAsync(sent, 201);
    }

    private static Task ArrivedAsync(Receiver receiver, int count) =>
        Eventually.TrueAsync($"{count} requests", s_patience, () => receiver.Received.Count >= count);

    private async Task<IReadOnlyList<JsonElement>> DeliveriesAsync(string path, int count, string status)
    {
        IReadOnlyList<JsonElement> found = [];
        await Eventually.TrueAsync($"{count} deliveries, the last {status}", s_patience, async () =>
        {
            found = [.. (await images.GetAsync($"{path}/deliveries")).EnumerateArray()];
            return found.Count >= count && Text(found[0], "status") == status;
        });
        return found;
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;

    public sealed class Allowing : TriggerInstallation
    {
        protected override IEnumerable<(string Key, string Value)> Settings => [("Images:Triggers:AllowedNetworks:0", "127.0.0.1")];
    }
}
