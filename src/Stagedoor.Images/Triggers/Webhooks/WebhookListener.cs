using Stagedoor.Images.Requests;
using Stagedoor.Images.Tags;
using Stagedoor.Storage;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>Keeps what webhooks are to be told, in the transaction that changes the tags.</summary>
internal sealed class WebhookListener(WebhookStore webhooks, TagCondition conditions, ImageAddresses addresses, IdSource ids, TimeProvider clock) : ITagListener
{
    public Task HearAsync(DbSession session, TagChange change) => TellAsync(session, change, Webhook.Push);

    public Task HearDeletionAsync(DbSession session, TagChange change) => TellAsync(session, change, Webhook.Delete);

    private async Task TellAsync(DbSession session, TagChange change, string name)
    {
        var rows = await session.QueryAsync<Row>(
            """
            SELECT w.id, w.events, w.tag_pattern, w.host, o.name AS organization, r.name AS repository
            FROM webhooks w JOIN organizations o ON o.id = w.organization_id JOIN repositories r ON r.id = @RepositoryId
            WHERE w.organization_id = @OrganizationId AND w.repository_id IN (0, @RepositoryId) AND w.enabled = 1
            """,
            new { change.OrganizationId, change.RepositoryId });
        var eventId = ids.NewId();
        foreach (var row in rows.Where(r => r.Events.Split(',').Contains(name, StringComparer.Ordinal)))
        {
            string[] tags = [.. change.Tags.Where(t => row.TagPattern.Length == 0 || conditions.Matches(row.TagPattern, t))];
            if (tags.Length > 0)
            {
                var host = addresses.FindExternal(row.Host);
                var image = host is null ? "" : $"{host}/{row.Organization}/{row.Repository}";
                var content = WebhookEvent.Write(
                    eventId,
                    $"/v2/manage/namespaces/{row.Organization}/repos/{row.Repository}",
                    new(name, row.Organization, row.Repository, tags, change.Digest, image, change.UserName),
                    clock.GetUtcNow());
                await webhooks.SendAsync(session, row.Id, eventId, name, content, byHand: false);
            }
        }
    }

    private sealed record Row
    {
        public long Id { get; init; }

        public string Events { get; init; } = "";

        public string TagPattern { get; init; } = "";

        public string Host { get; init; } = "";

        public string Organization { get; init; } = "";

        public string Repository { get; init; } = "";
    }
}
