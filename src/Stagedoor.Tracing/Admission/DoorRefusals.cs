using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Storage;
using Stagedoor.Tracing.Ingest;

namespace Stagedoor.Tracing.Admission;

/// <summary>What senders and readers are refused with alike: what the gateway says of its credentials, a directory that does not answer, and too many refusals.</summary>
internal sealed partial class DoorRefusals(ICredentialRefusals refusals, IAccountProjects projects, ILogger<DoorRefusals> logger)
{
    /// <summary>Why a request with several credentials is refused.</summary>
    public const string Differ = "the request shows credentials that are good for different things; show one of them";

    /// <summary>Whether a caller of the gateway is at work in another project than a key is for.</summary>
    public static bool IsOfAnother(Caller? caller, string project) => caller?.ProjectId is { } other && !string.Equals(other, project, StringComparison.Ordinal);

    /// <summary>The refusal of a credential of the gateway, with its own code.</summary>
    public static SenderRefusal Of(ApiException refusal) => new(false, ErrorWriter.TextOf(refusal)) { Error = refusal.Error, Decision = refusal.Decision };

    /// <summary>Nobody knows whether the credential is good: whoever sent it may try again.</summary>
    public SenderRefusal Unanswered(StorageException fault)
    {
        LogFault(fault);
        return new(false, "whether the credential is good cannot be looked up at the moment; try again") { Error = GatewayCodes.IamUnavailable };
    }

    /// <summary>
    /// What keeps everybody out of a project that no caller has been let into: it is not there, or it or its account is switched off. The directory's memory answers, at most a
    /// second old; while the directory is down what is known counts for a minute, and then nobody is let in, as with tokens: senders try again.
    /// </summary>
    /// <exception cref="StorageException">Nobody knows.</exception>
    public async ValueTask<SenderRefusal?> FindClosedAsync(string project, CancellationToken cancellationToken) => await projects.IsOpenAsync(project, cancellationToken) switch
    {
        true => null,
        false => Closed("the project of the key, or its account, is switched off", "Let an administrator switch the project and its account on again."),
        null => Closed("there is no project of the id that the key has", "Let the operator correct the project of the key in Tracing:Keys or Tracing:ReadKeys."),
    };

    private static SenderRefusal Closed(string reason, string change) => new(true, reason)
    {
        Error = GatewayCodes.ProjectUnavailable,
        Decision = new(DecisionStage.Authentication, new DecisionFact("project", reason)) { Change = change },
    };

    /// <summary>Counts a refusal of whoever is not known.</summary>
    /// <returns>What to answer: the same, unless there were too many of them.</returns>
    public SenderRefusal Count(HttpContext context, SenderRefusal refusal) =>
        !refusal.IsKnown && !refusal.IsPassing && refusals.Count(context) is { } throttled ? Of(throttled) : refusal;

    [LoggerMessage(LogLevel.Error, "The directory of accounts does not answer; nobody is let in that needs it")]
    private partial void LogFault(Exception exception);
}
