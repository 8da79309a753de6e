using System.IO.Hashing;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http.Decisions;
using Stagedoor.Tracing.Model;

namespace Stagedoor.Tracing.Ingest;

/// <summary>Who sends spans.</summary>
/// <param name="Project">The project that they are of.</param>
/// <param name="Binding">What the key says about them.</param>
internal sealed record Sender(string Project, IngestBinding Binding)
{
    /// <summary>A number by which what different senders send is told apart.</summary>
    public long Seed { get; } = (long)XxHash64.HashToUInt64(Encoding.UTF8.GetBytes($"{Project}\n{Binding.MonitorGroup}\n{Binding.Application}"));
}

/// <summary>Why nobody is admitted.</summary>
/// <param name="IsKnown">The credential is good, and not for this.</param>
/// <param name="Reason">A sentence for whoever configured the sender.</param>
/// <param name="Roles">One of these would do, the smallest first; empty where no role helps.</param>
internal sealed record SenderRefusal(bool IsKnown, string Reason, params IReadOnlyList<string> Roles)
{
    /// <summary>What it is called.</summary>
    public ErrorDefinition Error { get; init; } = IsKnown ? GatewayCodes.AccessDenied : GatewayCodes.IncorrectIamAuthentication;

    /// <summary>What the gateway has to say of it besides; null where it is a service's own.</summary>
    public DecisionStep? Decision { get; init; }

    /// <summary>Whether the same may be let in a moment later.</summary>
    public bool IsPassing => Error.Status is StatusCodes.Status429TooManyRequests or >= StatusCodes.Status500InternalServerError;

    /// <summary>The same for whoever asks why: the protocols have no place for what to change.</summary>
    /// <param name="setting">The setting that lists the keys.</param>
    public DecisionStep Explain(string setting) => Roles is [var smallest, ..]
        ? new(
            DecisionStage.Policy,
            new DecisionFact("needs one of the roles", string.Join(", ", Roles)),
            new DecisionFact("smallest grant", $"{smallest} in the project"),
            new DecisionFact("detail", Reason))
        { Change = Grants.OfRole(smallest, inProject: true) }
        : new(IsKnown ? DecisionStage.Policy : DecisionStage.Authentication, new DecisionFact("detail", Reason))
        {
            Change = IsPassing ? null : $"Send a key of the setting {setting}, or a credential that is good here: {Reason}.",
        };
}
