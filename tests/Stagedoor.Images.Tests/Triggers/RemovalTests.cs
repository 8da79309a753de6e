using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Triggers.Webhooks;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>Webhooks and triggers that are deleted, alone or with what they belong to, while something is being sent for them.</summary>
public sealed class RemovalTests(NamedInstallation images) : IClassFixture<NamedInstallation>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("webhook")]
    [InlineData("repository")]
    [InlineData("organization's webhook")]
    [InlineData("organization")]
    public async Task Nothing_is_sent_once_a_deletion_is_acknowledged(string what)
    {
        var name = NamedInstallation.NewName();
        await images.CreateOrganizationAsync(name);
        await images.PushImageAsync($"{name}/app", "v0");
        await images.UntagAsync($"{name}/app", "v0");
        await using var receiver = new Receiver();
        var whole = what.StartsWith("organization", StringComparison.Ordinal);
        var hook = await images.HookAsync(whole ? name : $"{name}/repos/app", $"http://{name}.example:{receiver.Port}/");

        // The sender has read the webhook, and is about to connect.
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        images.Names.Before = n =>
        {
            if (!n.StartsWith(name, StringComparison.Ordinal))
            {
                return Task.CompletedTask;
            }

            asked.TrySetResult();
            return answered.Task;
        };
        await images.PushImageAsync($"{name}/app", "v1");
        await asked.Task.WaitAsync(s_patience, Installation.Cancellation);
        await images.UntagAsync($"{name}/app", "v1");
        if (what is "organization")
        {
            await images.DoAsync(HttpMethod.Delete, $"/v2/manage/namespaces/{name}/repos/app", null, 204);
        }

        await images.DoAsync(
            HttpMethod.Delete,
            what switch
            {
                "repository" => $"/v2/manage/namespaces/{name}/repos/app",
                "organization" => $"/v2/manage/namespaces/{name}",
                _ => hook,
            },
            null,
            204);
        answered.SetResult();

        await images.IdleAsync(WebhookJob.Name);
        Assert.Empty(receiver.Received);
        var id = long.Parse(hook.Split('/')[^1], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(0, await images.Db.FindAsync<long>("SELECT COUNT(*) FROM webhooks WHERE id = @id", new { id }, Installation.Cancellation));
        Assert.Equal(0, await images.Db.FindAsync<long>(
            "SELECT COUNT(*) FROM job WHERE kind = 'images.webhook' AND outcome = 'failed'", null, Installation.Cancellation));
        await images.App.Services.GetRequiredService<WebhookStore>().TidyAsync(Installation.Cancellation);
        Assert.Equal(0, await images.Db.FindAsync<long>("SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = @id", new { id }, Installation.Cancellation));
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_is_left_when_its_webhook_is_deleted()
    {
        var name = NamedInstallation.NewName();
        await images.CreateRepositoryAsync(name);
        await using var receiver = new Receiver { Answer = static _ => "" };
        var hook = await images.HookAsync($"team/repos/{name}", receiver.Url);
        await images.PushImageAsync($"team/{name}", "v1");
        await Eventually.TrueAsync("the request", s_patience, () => receiver.Received.Count == 1);

        await images.DoAsync(HttpMethod.Delete, hook, null, 204);

        Assert.Equal(0, await images.UnfinishedAsync(WebhookJob.Name));
        images.App.Clock.Advance(TimeSpan.FromHours(2));
        await images.IdleAsync(WebhookJob.Name);
        Assert.Single(receiver.Received);
    }

    [Theory]
    [InlineData("trigger")]
    [InlineData("repository")]
    public async Task No_image_is_set_once_a_deletion_is_acknowledged(string what)
    {
        var name = NamedInstallation.NewName();
        await images.CreateRepositoryAsync(name);
        await images.CreateAsync(name, TriggerInstallation.Body("one", ("application", name)));
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        images.Workloads.Before = i =>
        {
            if (i.Name != name)
            {
                return Task.CompletedTask;
            }

            asked.TrySetResult();
            return answered.Task;
        };
        await images.PushImageAsync($"team/{name}", "v1");
        await asked.Task.WaitAsync(s_patience, Installation.Cancellation);
        await images.UntagAsync($"team/{name}", "v1");

        await images.DoAsync(
            HttpMethod.Delete, what is "trigger" ? TriggerInstallation.PathOf(name, "one") : $"/v2/manage/namespaces/team/repos/{name}", null, 204);
        answered.SetResult();

        await images.IdleAsync(Images.Triggers.TriggerJob.Name);
        Assert.Null(images.Workloads.ImageOf($"default/{name}/web"));
        Assert.Equal(0, await images.Db.FindAsync<long>(
            "SELECT COUNT(*) FROM trigger_histories h WHERE NOT EXISTS (SELECT 1 FROM triggers t WHERE t.id = h.trigger_id)", null, Installation.Cancellation));
    }

    [Theory]
    [InlineData("test")]
    [InlineData("redeliver")]
    public async Task What_is_asked_for_by_hand_beside_a_deletion_is_sent_before_or_refused(string what)
    {
        var name = NamedInstallation.NewName();
        await images.CreateRepositoryAsync(name);
        await using var receiver = new Receiver();
        var hook = await images.HookAsync($"team/repos/{name}", receiver.Url);
        var sent = (await images.DoAsync(HttpMethod.Post, hook + "/test", null, 201)).GetProperty("id").GetString();
        await images.DeliveriesAsync(hook, static d => d[0].GetProperty("status").GetString() is "delivered");
        using var held = images.Gate.HoldNextOfRequest("images", point: DatabasePoint.Begin);
        var asking = images.SendAsync(HttpMethod.Post, what is "test" ? $"{hook}/test" : $"{hook}/deliveries/{sent}/redeliver");
        await held.ReachedAsync();

        // As another replica does it meanwhile.
        images.App.Sabotage("images").Execute($"DELETE FROM webhooks WHERE id = {hook.Split('/')[^1]}");
        held.Release();

        using var refused = await asking;
        await refused.ShouldFailAsync(404, "SVCSTG.SWR.4040091");
        Assert.Single(receiver.Received);
    }
}
