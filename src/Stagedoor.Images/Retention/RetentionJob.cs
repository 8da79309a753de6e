using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background.Jobs;
using Stagedoor.Http;

namespace Stagedoor.Images.Retention;

/// <summary>Executes a rule. It may be cut off anywhere and begun again: what has gone by then is gone, with its place in the histories.</summary>
internal sealed partial class RetentionJob(RetentionStore store, RetentionRun run, IOptions<ImagesOptions> options, ILogger<RetentionJob> logger) : IJobHandler
{
    public const string Name = "retention";

    private readonly ILogger _logger = logger;

    public string Kind => Name;

    /// <summary>What a job is about: each version of a rule is executed, and ends what is done for older ones.</summary>
    public static string KeyOf(long id, long version) => string.Create(CultureInfo.InvariantCulture, $"{id}/{version}");

    public async Task<string?> RunAsync(JobRun attempt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        if (!options.Value.Retention.Enabled)
        {
            return "Images:Retention:Enabled is off";
        }

        var key = attempt.Job.WorkKey.Split('/');
        var rule = await store.BeginAsync(long.Parse(key[0], CultureInfo.InvariantCulture), long.Parse(key[1], CultureInfo.InvariantCulture), cancellationToken);
        if (rule is null)
        {
            return "the rule was changed or deleted";
        }

        try
        {
            var deleted = await run.ExecuteAsync(rule, cancellationToken);
            if (deleted > 0)
            {
                LogDeleted(rule.Id, rule.Organization, rule.Repository, deleted.Value);
            }

            return deleted is null ? "the rule was changed or deleted" : string.Create(CultureInfo.InvariantCulture, $"{deleted} tags deleted");
        }
        catch (ApiException e)
        {
            // It stays as it is until somebody writes it anew.
            LogUnreadable(e, e.Error.Code, rule.Id, rule.Organization, rule.Repository);
            return e.Detail;
        }
    }

    [LoggerMessage(LogLevel.Information, "Retention rule {Rule} of {Organization}/{Repository} has deleted {Tags} tags")]
    private partial void LogDeleted(long rule, string organization, string repository, int tags);

    [LoggerMessage(LogLevel.Error, "{Code}: retention rule {Rule} of {Organization}/{Repository} cannot be executed")]
    private partial void LogUnreadable(Exception exception, string code, long rule, string organization, string repository);
}
