using System.Globalization;
using Microsoft.Extensions.Options;
using Stagedoor.Background.Jobs;
using Stagedoor.Images.Jobs;
using Stagedoor.Images.Repositories;
using Stagedoor.Storage;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>Webhooks and what was sent to them.</summary>
internal sealed class WebhookStore(ImagesDb db, ImagesJobs jobs, IdSource ids, TimeProvider clock, IOptions<TriggerOptions> options)
{
    private const int Batch = 500;
    private const string Columns = "id, url, protected_secret, enabled, events, tag_pattern, host, creator_name, created_at, updated_at";
    private const string Owned = "organization_id = @organizationId AND repository_id = @repositoryId";

    private const string DeliveryColumns = """
        id, webhook_id, event_id, event, content, by_hand, status, attempts, created_at, attempted_at, duration, response_status, response_body, error
        """;

    /// <summary>An id for a webhook that is about to be made: its secret is sealed with it.</summary>
    public Task<long> NextIdAsync(CancellationToken cancellationToken) =>
        db.TransactAsync(static session => Sequence.NextAsync(session, "webhooks"), cancellationToken);

    public Task<WebhookOutcome> AddAsync(WebhookOwner owner, Webhook webhook, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            var values = Values(owner, webhook);
            if (!await HoldAsync(session, owner))
            {
                return WebhookOutcome.OwnerGone;
            }

            if (await session.FindAsync<long>($"SELECT COUNT(*) FROM webhooks WHERE {Owned} AND url = @Url", values) > 0)
            {
                return WebhookOutcome.Present;
            }

            if (await session.FindAsync<long>($"SELECT COUNT(*) FROM webhooks WHERE {Owned}", values) >= options.Value.MaxWebhooks)
            {
                return WebhookOutcome.TooMany;
            }

            await session.ExecuteAsync(
                """
                INSERT INTO webhooks (
                    id, organization_id, repository_id, url, protected_secret, enabled, events, tag_pattern, host, creator_name, created_at, updated_at)
                VALUES (
                    @Id, @organizationId, @repositoryId, @Url, @ProtectedSecret, @Enabled, @Events, @TagPattern, @Host, @CreatorName, @now, @now)
                """,
                values);
            return WebhookOutcome.Done;
        },
        cancellationToken);

    /// <summary>Changes what is not null.</summary>
    public Task<WebhookOutcome> UpdateAsync(WebhookOwner owner, long id, WebhookChange change, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            var values = new
            {
                organizationId = owner.Organization.Id,
                repositoryId = owner.RepositoryId,
                id,
                change.Url,
                change.ProtectedSecret,
                enabled = change.Enabled is { } on ? on ? 1L : 0L : (long?)null,
                change.Events,
                change.TagPattern,
                now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            };
            if (!await HoldAsync(session, owner))
            {
                return WebhookOutcome.OwnerGone;
            }

            if (change.Url is not null && await session.FindAsync<long>($"SELECT COUNT(*) FROM webhooks WHERE {Owned} AND url = @Url AND id <> @id", values) > 0)
            {
                return WebhookOutcome.Present;
            }

            return await session.ExecuteAsync(
                $"""
                UPDATE webhooks SET
                    url = COALESCE(@Url, url), protected_secret = COALESCE(@ProtectedSecret, protected_secret), enabled = COALESCE(@enabled, enabled),
                    events = COALESCE(@Events, events), tag_pattern = COALESCE(@TagPattern, tag_pattern), updated_at = @now
                WHERE id = @id AND {Owned}
                """,
                values) == 1 ? WebhookOutcome.Done : WebhookOutcome.Absent;
        },
        cancellationToken);

    public Task<Webhook?> FindAsync(WebhookOwner owner, long id, CancellationToken cancellationToken) => db.FindAsync<Webhook>(
        $"SELECT {Columns} FROM webhooks WHERE id = @id AND {Owned}",
        new { organizationId = owner.Organization.Id, repositoryId = owner.RepositoryId, id },
        cancellationToken);

    public Task<IReadOnlyList<Webhook>> ListAsync(WebhookOwner owner, CancellationToken cancellationToken) => db.QueryAsync<Webhook>(
        $"SELECT {Columns} FROM webhooks WHERE {Owned} ORDER BY id",
        new { organizationId = owner.Organization.Id, repositoryId = owner.RepositoryId },
        cancellationToken);

    /// <summary>
    /// Removes a webhook; false when there is none. What it was to be told is not sent any more, what is being sent is cut off before this answers, and all
    /// of it is forgotten some time later.
    /// </summary>
    public async Task<bool> DeleteAsync(WebhookOwner owner, long id, CancellationToken cancellationToken)
    {
        var values = new { organizationId = owner.Organization.Id, repositoryId = owner.RepositoryId, id };
        if (await db.ExecuteAsync($"DELETE FROM webhooks WHERE id = @id AND {Owned}", values, cancellationToken) != 1)
        {
            return false;
        }

        await StopAsync(id, cancellationToken);
        return true;
    }

    /// <summary>Removes the webhooks of an organization or a repository that is gone, and cuts off what is being sent to them.</summary>
    public async Task RemoveAsync(string column, long ownerId, CancellationToken cancellationToken)
    {
        var values = new { ownerId };
        foreach (var id in await db.QueryAsync<long>($"SELECT id FROM webhooks WHERE {column} = @ownerId", values, cancellationToken))
        {
            await StopAsync(id, cancellationToken);
        }

        await db.ExecuteAsync($"DELETE FROM webhooks WHERE {column} = @ownerId", values, cancellationToken);
    }

    /// <summary>Keeps what is to be sent, together with the work to do so.</summary>
    public async Task<string> SendAsync(DbSession session, long webhookId, string eventId, string name, string content, bool byHand)
    {
        var id = ids.NewId();
        await session.ExecuteAsync(
            """
            INSERT INTO webhook_deliveries (id, webhook_id, event_id, event, content, by_hand, status, attempts, created_at)
            VALUES (@id, @webhookId, @eventId, @name, @content, @byHand, 'waiting', 0, @now)
            """,
            new { id, webhookId, eventId, name, content, byHand = byHand ? 1 : 0, now = clock.GetUtcNow().ToUnixTimeMilliseconds() });
        await jobs.Store.AddAsync(session, WebhookJob.Name, id, null, TimeSpan.Zero, LaneOf(webhookId));
        return id;
    }

    /// <summary>The same by hand; null when the webhook is gone.</summary>
    public Task<string?> SendAsync(long webhookId, string eventId, string name, string content, CancellationToken cancellationToken) => db.TransactAsync(
        async session => await session.FindAsync<long?>($"SELECT id FROM webhooks WHERE id = @webhookId{db.ForKeyShare}", new { webhookId }) is null
            ? null
            : await SendAsync(session, webhookId, eventId, name, content, byHand: true),
        cancellationToken);

    public Task<Delivery?> FindDeliveryAsync(long webhookId, string id, CancellationToken cancellationToken) => db.FindAsync<Delivery>(
        $"SELECT {DeliveryColumns} FROM webhook_deliveries WHERE id = @id AND webhook_id = @webhookId", new { webhookId, id }, cancellationToken);

    /// <summary>How many deliveries there were to a webhook, and a page of them, the latest first.</summary>
    public async Task<(long Total, IReadOnlyList<Delivery> Page)> ListDeliveriesAsync(long webhookId, int offset, int limit, CancellationToken cancellationToken) => (
        await db.FindAsync<long>("SELECT COUNT(*) FROM webhook_deliveries WHERE webhook_id = @webhookId", new { webhookId }, cancellationToken),
        await db.QueryAsync<Delivery>(
            $"SELECT {DeliveryColumns} FROM webhook_deliveries WHERE webhook_id = @webhookId ORDER BY created_at DESC, id DESC LIMIT @limit OFFSET @offset",
            new { webhookId, offset, limit },
            cancellationToken));

    /// <summary>What is to be sent where; null when the webhook, or what it belongs to, is gone.</summary>
    public async Task<(Webhook Webhook, Delivery Delivery)?> FindWorkAsync(string deliveryId, CancellationToken cancellationToken)
    {
        if (await db.FindAsync<Delivery>($"SELECT {DeliveryColumns} FROM webhook_deliveries WHERE id = @deliveryId", new { deliveryId }, cancellationToken) is not { } delivery)
        {
            return null;
        }

        var webhook = await db.FindAsync<Webhook>(
            $"""
            SELECT {Columns} FROM webhooks w WHERE w.id = @id
            AND EXISTS (SELECT 1 FROM organizations o WHERE o.id = w.organization_id)
            AND (w.repository_id = 0 OR EXISTS (SELECT 1 FROM repositories r WHERE r.id = w.repository_id))
            """,
            new { id = delivery.WebhookId },
            cancellationToken);
        return webhook is null ? null : (webhook, delivery);
    }

    /// <summary>Whose a delivery is; null when its webhook is gone.</summary>
    public Task<JobOwner?> FindOwnerAsync(string deliveryId, CancellationToken cancellationToken) => db.FindAsync<JobOwner>(
        """
        SELECT o.domain_id, '' AS user_id FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id JOIN organizations o ON o.id = w.organization_id
        WHERE d.id = @deliveryId
        """,
        new { deliveryId },
        cancellationToken);

    /// <summary>Keeps what became of an attempt.</summary>
    public Task RecordAsync(string deliveryId, string status, long attempts, DeliveryAnswer answer, CancellationToken cancellationToken) => db.ExecuteAsync(
        """
        UPDATE webhook_deliveries SET
            status = @status, attempts = @attempts, attempted_at = @now, duration = @duration, response_status = @responseStatus, response_body = @body, error = @error
        WHERE id = @deliveryId
        """,
        new
        {
            deliveryId,
            status,
            attempts,
            now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            duration = (long)answer.Duration.TotalMilliseconds,
            responseStatus = answer.Status,
            body = answer.Body,
            error = answer.Error is { } said ? Text.Repair(said) : null,
        },
        cancellationToken);

    /// <summary>Keeps that nobody will try any more.</summary>
    public Task GiveUpAsync(string deliveryId, long attempts, string error, CancellationToken cancellationToken) => db.ExecuteAsync(
        "UPDATE webhook_deliveries SET status = 'failed', attempts = @attempts, error = @error WHERE id = @deliveryId AND status = 'waiting'",
        new { deliveryId, attempts, error = Text.Repair(error) },
        cancellationToken);

    /// <summary>Forgets what is old or nobody's, and says of what no process will send any more that it failed.</summary>
    public async Task TidyAsync(CancellationToken cancellationToken)
    {
        var now = (await db.ReadEarlierClockAsync(clock, cancellationToken)).ToUnixTimeMilliseconds();
        await db.ExecuteAsync("DELETE FROM webhooks WHERE NOT EXISTS (SELECT 1 FROM organizations o WHERE o.id = webhooks.organization_id)", null, cancellationToken);
        await db.ExecuteAsync(
            """
            UPDATE webhook_deliveries SET status = 'failed', error = 'Every process that began it ended before it was done.'
            WHERE status = 'waiting' AND created_at < @since
              AND NOT EXISTS (SELECT 1 FROM job WHERE kind = 'images.webhook' AND work_key = webhook_deliveries.id AND finished_at IS NULL)
            """,
            new { since = now - (long)TimeSpan.FromMinutes(10).TotalMilliseconds },
            cancellationToken);
        var before = now - (long)TimeSpan.FromDays(options.Value.DeliveryDays).TotalMilliseconds;
        int some;
        do
        {
            some = await db.ExecuteAsync(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    DELETE FROM webhook_deliveries WHERE id IN (
                        SELECT d.id FROM webhook_deliveries d
                        WHERE d.created_at < @before OR NOT EXISTS (SELECT 1 FROM webhooks w WHERE w.id = d.webhook_id) LIMIT {Batch})
                    """),
                new { before },
                cancellationToken);
        }
        while (some == Batch);
    }

    private static string LaneOf(long webhookId) => webhookId.ToString(CultureInfo.InvariantCulture);

    private Task StopAsync(long id, CancellationToken cancellationToken) => jobs.Store.StopLaneAsync(WebhookJob.Name, LaneOf(id), clock, cancellationToken);

    // Whoever changes the webhooks of an owner holds it, so that counts and URLs are of all there are.
    private async Task<bool> HoldAsync(DbSession session, WebhookOwner owner) => owner.RepositoryId == 0
        ? await session.FindAsync<long?>($"SELECT id FROM organizations WHERE id = @Id{db.ForNoKeyUpdate}", new { owner.Organization.Id }) is not null
        : await LockedRepository.TakeAsync(db, session, owner.RepositoryId) is not null;

    private object Values(WebhookOwner owner, Webhook w) => new
    {
        organizationId = owner.Organization.Id,
        repositoryId = owner.RepositoryId,
        w.Id,
        w.Url,
        w.ProtectedSecret,
        w.Enabled,
        w.Events,
        w.TagPattern,
        w.Host,
        w.CreatorName,
        now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
    };
}

/// <summary>What is to be changed; null is not.</summary>
internal sealed record WebhookChange(string? Url, string? ProtectedSecret, bool? Enabled, string? Events, string? TagPattern);

/// <summary>What became of one attempt.</summary>
/// <param name="Status">The HTTP status; null when there was no answer.</param>
/// <param name="Body">The beginning of the answer's body.</param>
/// <param name="Error">Why it failed; null when it did not.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="IsFinal">Whether another attempt would change nothing.</param>
internal sealed record DeliveryAnswer(int? Status, string? Body, string? Error, TimeSpan Duration, bool IsFinal);
