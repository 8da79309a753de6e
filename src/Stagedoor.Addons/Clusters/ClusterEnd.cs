using Stagedoor.Addons.Instances;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Clusters;

/// <summary>The end of clusters. Whoever calls it holds the cluster's row, so that of two things that leave it at once the later one sees that it is the last.</summary>
internal static class ClusterEnd
{
    private const string DeleteFailed = "DeleteFailed";
    private const int MaxNamed = 10;
    private const int MaxMessage = 2_000;

    /// <summary>Brings a cluster that is going up to date with what is left in it: it says what could not be removed, and is gone with the last. Others stay as they are.</summary>
    public static async Task SettleAsync(DbSession session, string id)
    {
        var values = new { id, deleting = Cluster.Deleting, failed = InstanceStatus.DeleteFailed, named = MaxNamed };
        if (await session.FindAsync<string>("SELECT id FROM cluster WHERE id = @id AND phase = @deleting", values) is null)
        {
            return;
        }

        var left = await session.FindAsync<long>(
            "SELECT (SELECT COUNT(*) FROM addon_instance WHERE cluster_id = @id) + (SELECT COUNT(*) FROM chart_release WHERE cluster_id = @id AND operation <> '')", values);
        if (left == 0)
        {
            await ForgetAsync(session, id);
            return;
        }

        var failures = await session.QueryAsync<Failure>(
            "SELECT template, reason, message FROM addon_instance WHERE cluster_id = @id AND status = @failed ORDER BY template LIMIT @named", values);
        var message = string.Join("; ", failures.Select(static f => $"{f.Template} could not be removed: {f.Reason}: {f.Message}"));
        await session.ExecuteAsync(
            "UPDATE cluster SET reason = @reason, message = @message, generation = generation + 1 WHERE id = @id AND message <> @message",
            new { id, reason = failures.Count > 0 ? DeleteFailed : "", message = Text.Repair(Text.Cut(message, MaxMessage)) });
    }

    /// <summary>Forgets a cluster and all that is known of what is in it.</summary>
    public static async Task ForgetAsync(DbSession session, string id)
    {
        var values = new { id };
        await session.ExecuteAsync("DELETE FROM chart_release_revision WHERE release_id IN (SELECT id FROM chart_release WHERE cluster_id = @id)", values);
        await session.ExecuteAsync("DELETE FROM chart_release WHERE cluster_id = @id", values);
        foreach (var table in (string[])["addon_revision", "addon_event", "client_token"])
        {
            await session.ExecuteAsync($"DELETE FROM {table} WHERE instance_id IN (SELECT id FROM addon_instance WHERE cluster_id = @id)", values);
        }

        await session.ExecuteAsync("DELETE FROM addon_instance WHERE cluster_id = @id", values);
        await session.ExecuteAsync("DELETE FROM cluster WHERE id = @id", values);
    }

    private sealed record Failure
    {
        public string Template { get; init; } = "";

        public string Reason { get; init; } = "";

        public string Message { get; init; } = "";
    }
}
