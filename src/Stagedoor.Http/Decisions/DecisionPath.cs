using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http.Decisions;

/// <summary>
/// What the stages of a request have to say about its refusal. It is there only once something was refused or noted, so that requests that succeed
/// cost nothing.
/// </summary>
public sealed class DecisionPath
{
    private readonly List<DecisionStep> _steps = [];

    private DecisionPath()
    {
    }

    /// <summary>What stages have noted, the refusal's own step not among it.</summary>
    public IReadOnlyList<DecisionStep> Steps => _steps;

    /// <summary>What the request was refused with; the last one counts.</summary>
    public ApiException? Refusal { get; internal set; }

    /// <summary>What the answer says is wrong, whatever form its body has.</summary>
    public string? Said { get; internal set; }

    /// <summary>Whose credential was refused, where it is somebody's. Nothing is allowed on the strength of it.</summary>
    public AuditedUser? Owner { get; private set; }

    /// <summary>The access key that was refused, where there is one of that name.</summary>
    public string? AccessKey { get; private set; }

    /// <summary>That of the request; made when there is none yet.</summary>
    public static DecisionPath Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Features.Get<DecisionPath>() is not { } path)
        {
            path = new();
            context.Features.Set(path);
        }

        return path;
    }

    /// <summary>Notes what a stage looked at.</summary>
    public void Note(DecisionStep step)
    {
        ArgumentNullException.ThrowIfNull(step);
        _steps.Add(step);
    }

    /// <summary>Says whose credential it is that is no good, so that the refusal is its account's to see.</summary>
    public void BelongTo(AuditedUser? owner) => Owner = owner ?? Owner;

    /// <inheritdoc cref="BelongTo(AuditedUser?)"/>
    public void BelongTo(Caller? owner) => BelongTo(owner is null ? null : new AuditedUser(owner.UserId, owner.UserName, owner.DomainId, owner.DomainName));

    /// <summary>Says which access key it is that was refused, where the directory knows one of that name.</summary>
    public void BelongToKey(string accessKey) => AccessKey = accessKey;
}
