using Microsoft.Extensions.Options;
using Stagedoor.Background.Jobs;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>
/// Sends one delivery. Cut off between sending and writing that down it sends once more: receivers tell events apart by their id, which stays.
/// </summary>
internal sealed class WebhookJob(WebhookStore webhooks, WebhookSecrets secrets, WebhookSender sender, IOptions<TriggerOptions> options) : IJobHandler
{
    public const string Name = "images.webhook";

    public string Kind => Name;

    /// <inheritdoc/>
    /// <exception cref="DeliveryException">The receiver did not take it; it is tried again.</exception>
    public async Task<string?> RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        var id = run.Job.WorkKey;
        if (await webhooks.FindWorkAsync(id, cancellationToken) is not (var webhook, var delivery))
        {
            return "The webhook is gone.";
        }

        if (delivery.Status is not Delivery.Waiting)
        {
            return delivery.Status;
        }

        var answer = await SendAsync(webhook, delivery, cancellationToken);
        var isLast = answer.IsFinal || run.Job.Attempts >= options.Value.Attempts;
        var status = answer.Error is null ? Delivery.Delivered : isLast ? Delivery.Failed : Delivery.Waiting;
        await webhooks.RecordAsync(id, status, run.Job.Attempts, answer, cancellationToken);
        return status is Delivery.Waiting ? throw new DeliveryException(answer.Error!) : status;
    }

    public Task HearFailureAsync(Job job, string reason, CancellationToken cancellationToken) =>
        webhooks.GiveUpAsync(job.WorkKey, Math.Min(job.Attempts, options.Value.Attempts), reason, cancellationToken);

    public Task<JobOwner?> FindOwnerAsync(Job job, CancellationToken cancellationToken) => webhooks.FindOwnerAsync(job.WorkKey, cancellationToken);

    private Task<DeliveryAnswer> SendAsync(Webhook webhook, Delivery delivery, CancellationToken cancellationToken)
    {
        if (webhook.Enabled == 0 && delivery.ByHand == 0)
        {
            return Task.FromResult(new DeliveryAnswer(null, null, "The webhook was switched off.", TimeSpan.Zero, IsFinal: true));
        }

        return secrets.FindSecret(webhook.Id, webhook.ProtectedSecret) is { } secret
            ? sender.SendAsync(webhook, delivery, secret, cancellationToken)
            : Task.FromResult(new DeliveryAnswer(
                null, null, "The webhook's secret does not open with the keys of this installation: give it a new one.", TimeSpan.Zero, IsFinal: true));
    }
}

/// <summary>A receiver did not take a delivery.</summary>
#pragma warning disable CA1064, RCS1194 // Nobody else is to catch it.
internal sealed class DeliveryException(string message) : Exception(message);
#pragma warning restore CA1064, RCS1194
