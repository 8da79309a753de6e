using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Stagedoor.Identity;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>Webhooks of an installation of two replicas, on PostgreSQL and an object store.</summary>
public sealed class WebhookReplicaTests(WebhookReplicaTests.Fixture images) : IClassFixture<WebhookReplicaTests.Fixture>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static int s_names;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_push_is_sent_once_to_each_webhook_whichever_replica_takes_it()
    {
        images.Require();
        var name = $"shared-{Interlocked.Increment(ref s_names)}";
        await using var ofAll = new Receiver();
        await using var ofOne = new Receiver();
        await images.CreateOrganizationAsync(name);
        await images.PushImageAsync($"{name}/app", "first");
        string[] hooks = [await HookAsync(name, ofAll.Url), await HookAsync($"{name}/repos/app", ofOne.Url)];
        var manifest = await images.NewManifestAsync($"{name}/app");
        using var second = images.Other.Registry(images.App.FirstRun.RegistryUser, images.App.FirstRun.RegistryKey);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            using var content = new ByteArrayContent(manifest) { Headers = { ContentType = new(Installation.Manifest) } };
            using var pushed = await (i % 2 == 0 ? images.Registry : second).PutAsync($"/v2/{name}/app/manifests/v{i}", content, Cancellation);
            await Installation.ShouldBeAsync(pushed, 201);
        }));

        await IdleAsync();
        foreach (var (hook, receiver) in hooks.Zip([ofAll, ofOne]))
        {
            var tags = receiver.Received.Select(static r => JsonDocument.Parse(r.Body).RootElement.GetProperty("data").GetProperty("tags")[0].GetString()!);
            Assert.Equal(Enumerable.Range(0, 20).Select(static i => $"v{i}").Order(StringComparer.Ordinal), tags.Order(StringComparer.Ordinal));
            var deliveries = await images.App.Admin.GetFromJsonAsync<JsonElement>($"{hook}/deliveries", Cancellation);
            Assert.Equal(20, deliveries.GetArrayLength());
            Assert.All(deliveries.EnumerateArray(), static d => Assert.Equal(
                ("delivered", 1), (d.GetProperty("status").GetString(), d.GetProperty("attempts").GetInt32())));
        }
    }

    [Fact]
    public async Task Two_replicas_that_look_for_work_at_the_same_moment_send_it_once()
    {
        images.Require();
        var name = $"shared-{Interlocked.Increment(ref s_names)}";
        await using var receiver = new Receiver();
        await images.CreateOrganizationAsync(name);
        var hook = await HookAsync(name, receiver.Url);

        // What asks for the delivery is one transaction, and the claim of the replica that was asked the next one.
        using var first = images.Gate.HoldNext("images", after: 1);
        using var asked = await images.App.Admin.PostAsync(new Uri($"{hook}/test", UriKind.Relative), null, Cancellation);
        await Installation.ShouldBeAsync(asked, 201);
        await first.ReachedAsync();

        // The other one sees it as due, since that claim is not committed, and is the only one to write here.
        using var second = images.OtherGate.HoldNext("images");
        images.Other.Clock.Advance(TimeSpan.FromMinutes(1));
        await second.ReachedAsync();
        Assert.Equal(["0"], await images.Require().QueryAsync("SELECT epoch FROM images.job WHERE kind = 'images.webhook' AND finished_at IS NULL"));
        second.Release();
        first.Release();

        await IdleAsync();
        Assert.Single(receiver.Received);
        var delivery = (await images.App.Admin.GetFromJsonAsync<JsonElement>($"{hook}/deliveries", Cancellation))[0];
        Assert.Equal(("delivered", 1), (delivery.GetProperty("status").GetString(), delivery.GetProperty("attempts").GetInt32()));
    }

    [Fact]
    public async Task A_deletion_waits_for_what_another_replica_sends()
    {
        images.Require();
        var name = $"shared-{Interlocked.Increment(ref s_names)}";
        await using var receiver = new Receiver();
        await images.CreateOrganizationAsync(name);
        var hook = await HookAsync(name, $"http://{name}.example:{receiver.Port}/");
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        images.OtherNames.Before = _ =>
        {
            reached.TrySetResult();
            return released.Task;
        };
        using var other = images.Other.WithKeys(images.App.FirstRun.AccessKey, images.App.FirstRun.SecretKey);
        using var asked = await other.PostAsync(new Uri($"{hook}/test", UriKind.Relative), null, Cancellation);
        await Installation.ShouldBeAsync(asked, 201);
        await reached.Task.WaitAsync(s_patience, Cancellation);

        var deleting = images.App.Admin.DeleteAsync(new Uri(hook, UriKind.Relative), Cancellation);
        await Eventually.TrueAsync("the request to stop", s_patience, async () =>
            await images.Require().QueryAsync("SELECT 1 FROM images.job WHERE kind = 'images.webhook' AND finished_at IS NULL AND cancel_requested_at IS NOT NULL") is ["1"]);
        Assert.False(deleting.IsCompleted);

        // The other one hears of it when it renews.
        images.Other.Clock.Advance(TimeSpan.FromSeconds(11));
        using var deleted = await deleting;
        await Installation.ShouldBeAsync(deleted, 204);
        released.SetResult();

        await IdleAsync();
        Assert.Empty(receiver.Received);
    }

    private Task IdleAsync() => Eventually.TrueAsync("no delivery left", s_patience, async () =>
        await images.Require().QueryAsync("SELECT COUNT(*) FROM images.job WHERE kind = 'images.webhook' AND finished_at IS NULL") is ["0"]);

    private async Task<string> HookAsync(string owner, string url)
    {
        using var made = await images.App.Admin.PostAsJsonAsync($"/v2/manage/namespaces/{owner}/webhooks", new { url }, Cancellation);
        await Installation.ShouldBeAsync(made, 201);
        return $"/v2/manage/namespaces/{owner}/webhooks/{(await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("id").GetInt64()}";
    }

    /// <summary>Two replicas that look for work once a minute; where there is an object store, blobs are in it.</summary>
    public sealed class Fixture : TwoReplicas
    {
        private readonly (string Key, string Value)[] _store = OwnBucket.IsAvailable ? [.. OwnBucket.NewSettings()] : [];

        public DatabaseGate OtherGate { get; } = new();

        internal FakeNames OtherNames { get; } = new();

        protected override IEnumerable<(string Key, string Value)> Limits =>
            [.. _store, ("Images:Triggers:AllowedNetworks:0", "127.0.0.1"), ("Images:Jobs:PollSeconds", "60")];

        protected override void ConfigureOther(IServiceCollection services)
        {
            OtherGate.Install(services);
            services.Replace(ServiceDescriptor.Singleton<NameLookup>(OtherNames));
        }
    }
}
