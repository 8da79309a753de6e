using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http.Decisions;

/// <summary>The last refused requests of a caller. The gateway implements it, since it keeps them.</summary>
public interface ILastRefusals
{
    /// <summary>Those with a code, the newest first; null when the request shows no credential, or none that is good.</summary>
    /// <param name="context">A request of a route that demands no credential.</param>
    /// <param name="code">The code.</param>
    /// <param name="limit">How many at most.</param>
    Task<IReadOnlyList<LastRefusal>?> FindLastAsync(HttpContext context, string code, int limit);
}

/// <summary>A refused request.</summary>
/// <param name="RequestId">Its id.</param>
/// <param name="Time">When, as RFC 3339 has it.</param>
/// <param name="Request">Method and path.</param>
/// <param name="Change">What to change.</param>
public sealed record LastRefusal(string RequestId, string Time, string Request, string Change);
