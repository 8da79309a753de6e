using System.Text.Json;
using Stagedoor.Images.Jobs;
using Stagedoor.Images.Tags;
using Stagedoor.Storage;

namespace Stagedoor.Images.Triggers;

/// <summary>Makes a job of each trigger that a push sets off, in the transaction of the push.</summary>
internal sealed class TriggerListener(ImagesJobs jobs, TagCondition conditions, IdSource ids) : ITagListener
{
    public async Task HearAsync(DbSession session, TagChange change)
    {
        var triggers = await session.QueryAsync<Row>(
            "SELECT id, trigger_type, tag_condition FROM triggers WHERE repository_id = @RepositoryId AND enabled = 1", new { change.RepositoryId });
        foreach (var trigger in triggers)
        {
            foreach (var tag in change.Tags.Where(t => conditions.Matches(trigger.TriggerType, trigger.TagCondition, t)))
            {
                var work = new TriggerJob.Work(trigger.Id, tag, change.Digest);
                await jobs.Store.AddAsync(
                    session, TriggerJob.Name, $"{trigger.Id}/{ids.NewId()}", JsonSerializer.Serialize(work, TriggersJson.Wire.Work), TimeSpan.Zero, trigger.Id);
            }
        }
    }

    private sealed record Row
    {
        public string Id { get; init; } = "";

        public string TriggerType { get; init; } = "";

        public string TagCondition { get; init; } = "";
    }
}
