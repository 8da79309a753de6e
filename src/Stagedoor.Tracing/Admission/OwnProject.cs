using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Http;

namespace Stagedoor.Tracing.Admission;

/// <summary>The project of those who name none: of keys without one, and of whoever certainly is on this machine and may do without a key. The same for senders and readers.</summary>
internal sealed class OwnProject(IOptions<TracingOptions> options, LoopbackTrust loopback, TracingDb db, IOperatorAccount operators)
{
    private readonly string? _doubt = options.Value.Anonymous is not AnonymousSenders.Loopback ? "here Tracing:Anonymous is never"
        : db.Engine is not "sqlite" ? "here the database is another than SQLite, which several servers may share"
        : null;

    private string? _project;

    /// <summary>Why a request needs a key; null when it needs none.</summary>
    public string? FindDoubt(HttpContext context) => _doubt ?? loopback.FindDoubt(context);

    /// <summary>The first account's default project, which never changes; null before there is an account.</summary>
    public async ValueTask<string?> FindAsync(CancellationToken cancellationToken) => _project ??= await operators.FindProjectAsync(cancellationToken);
}
