using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Triggers;
using Stagedoor.Images.Triggers.Webhooks;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>When what is to be sent is sent, where there is much of it and where the process dies.</summary>
public sealed class WebhookPaceTests(NamedInstallation images) : IClassFixture<NamedInstallation>
{
    private const int Many = 10_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private WebhookStore Store => images.App.Services.GetRequiredService<WebhookStore>();

    [Fact]
    public async Task A_push_is_told_at_once_and_not_when_it_is_looked_for_work()
    {
        var name = NamedInstallation.NewName();
        await images.CreateRepositoryAsync(name);
        await images.CreateAsync(name, TriggerInstallation.Body("one", ("application", name)));
        await using var receiver = new Receiver();
        var hook = await images.HookAsync($"team/repos/{name}", receiver.Url);

        // It is looked for work once an hour, and no time is made to pass.
        await images.PushImageAsync($"team/{name}", "v1");

        await Eventually.TrueAsync("the request", s_patience, () => receiver.Received.Count == 1);
        await Eventually.TrueAsync("the image", s_patience, () => images.Workloads.ImageOf($"default/{name}/web") is not null);
        await images.DeliveriesAsync(hook, static d => d[0].GetProperty("status").GetString() is "delivered");
    }

    [Fact]
    public async Task A_receiver_that_hangs_with_thousands_of_events_holds_up_nobody_else_and_is_forgotten_in_the_end()
    {
        var name = NamedInstallation.NewName();
        await images.CreateRepositoryAsync(name);
        await using var slow = new Receiver { Answer = static _ => "" };
        await using var quick = new Receiver();
        var hook = await images.HookAsync($"team/repos/{name}", slow.Url);
        var id = long.Parse(hook.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture);
        await images.Db.TransactAsync(
            async session =>
            {
                for (var i = 0; i < Many; i++)
                {
                    await Store.SendAsync(session, id, $"event-{i}", Webhook.Push, "{}", byHand: false);
                }

                return true;
            },
            Installation.Cancellation);
        await Eventually.TrueAsync("the slow one asked", s_patience, () => slow.Received.Count >= 4);
        var other = NamedInstallation.NewName();
        await images.CreateRepositoryAsync(other);
        await images.HookAsync($"team/repos/{other}", quick.Url);
        for (var i = 0; i < 20; i++)
        {
            await images.PushImageAsync($"team/{other}", $"v{i}");
        }

        await Eventually.TrueAsync("the quick one told", s_patience, () => quick.Received.Count == 20);
        Assert.InRange(slow.Received.Count, 4, 8);

        // A month later nothing of it is left.
        images.App.Sabotage("images").Execute($"UPDATE webhook_deliveries SET created_at = created_at - {(long)TimeSpan.FromDays(31).TotalMilliseconds} WHERE webhook_id = {id}");
        await Store.TidyAsync(Installation.Cancellation);
        Assert.Equal("[]", (await images.GetAsync($"{hook}/deliveries")).GetRawText());
        await images.DoAsync(HttpMethod.Delete, hook, null, 204);
        await Eventually.TrueAsync("no job left", TimeSpan.FromMinutes(5), async () => await images.UnfinishedAsync(WebhookJob.Name) == 0);
        Assert.InRange(slow.Received.Count, 4, 8);
    }

    [Fact]
    public async Task A_trigger_that_ends_every_process_says_so_in_its_history()
    {
        var name = NamedInstallation.NewName();
        await images.CreateRepositoryAsync(name);
        await images.CreateAsync(name, TriggerInstallation.Body("one", ("application", name)));
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        images.Workloads.Before = i => i.Name == name ? answered.Task : Task.CompletedTask;
        await images.PushImageAsync($"team/{name}", "v1");
        await Eventually.TrueAsync("the first asked", s_patience, () => images.Workloads.Asked.Any(a => a.Name == name));

        // The second waits for the first; other processes take it, and die each time.
        await images.PushImageAsync($"team/{name}", "v2");
        var jobs = images.App.Services.GetRequiredService<Jobs.ImagesJobs>().Store;
        for (var i = 0; i < 8; i++)
        {
            Assert.Single(await jobs.ClaimAsync(TriggerJob.Name, $"dead {i}", 10, TimeSpan.Zero, Installation.Cancellation));
        }

        answered.SetResult();
        await images.IdleAsync(TriggerJob.Name);

        var history = (await images.GetAsync(TriggerInstallation.PathOf(name, "one"))).GetProperty("trigger_history");
        Assert.Equal(
            [("v2", "failed", "Every process that began it ended before it was done."), ("v1", "success", "")],
            history.EnumerateArray().Select(static h => (h.GetProperty("tag").GetString(), h.GetProperty("result").GetString(), h.GetProperty("detail").GetString())));
    }

    [Fact]
    public async Task A_delivery_that_ends_every_process_is_told_as_failed()
    {
        var name = NamedInstallation.NewName();
        await images.CreateRepositoryAsync(name);
        await using var receiver = new Receiver { Answer = static n => n <= 4 ? "" : "HTTP/1.1 204 No Content\r\n\r\n" };
        var hook = await images.HookAsync($"team/repos/{name}", receiver.Url);
        for (var i = 0; i < 4; i++)
        {
            await images.DoAsync(HttpMethod.Post, hook + "/test", null, 201);
        }

        await Eventually.TrueAsync("four that hang", s_patience, () => receiver.Received.Count == 4);
        var fifth = (await images.DoAsync(HttpMethod.Post, hook + "/test", null, 201)).GetProperty("id").GetString();
        var jobs = images.App.Services.GetRequiredService<Jobs.ImagesJobs>().Store;
        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(fifth, Assert.Single(await jobs.ClaimAsync(WebhookJob.Name, $"dead {i}", 10, TimeSpan.Zero, Installation.Cancellation)).WorkKey);
        }

        images.App.Clock.Advance(TimeSpan.FromSeconds(11));

        var delivery = Assert.Single(await images.DeliveriesAsync(hook, d => d.Any(IsFifth)), IsFifth);
        Assert.Equal(8, delivery.GetProperty("attempts").GetInt32());
        Assert.Equal("Every process that began it ended before it was done.", delivery.GetProperty("error").GetString());

        bool IsFifth(System.Text.Json.JsonElement d) => d.GetProperty("id").GetString() == fifth && d.GetProperty("status").GetString() is "failed";
    }
}
