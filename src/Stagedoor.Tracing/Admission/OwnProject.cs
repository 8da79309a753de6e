using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Http;

namespace Stagedoor.Tracing.Admission;

/// <summary>The project of those who name none: of keys without one, and of whoever certainly is on this machine and may do without a key. The same for senders and readers.</summary>
internal sealed class OwnProject(IOptions<TracingOptions> options, LoopbackTrust loopback, TracingDb db, IOperatorAccount operators)
{
    private readonly bool _trustsLoopback = options.Value.Anonymous is AnonymousSenders.Loopback && db.Engine is "sqlite";
    private string? _project;

    /// <summary>Whether a request needs no key.</summary>
    public bool Admits(HttpContext context) => _trustsLoopback && loopback.Includes(context);

    /// <summary>The first account's default project, which never changes; null before there is an account.</summary>
    public async ValueTask<string?> FindAsync(CancellationToken cancellationToken) => _project ??= await operators.FindProjectAsync(cancellationToken);
}
