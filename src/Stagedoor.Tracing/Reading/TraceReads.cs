using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Tracing.Reading;

/// <summary>
/// What the reading interfaces have in common: who reads, how many at a time, for how long, and that a refusal is written as the protocol's readers know it. Any number may
/// come at a time.
/// </summary>
internal sealed partial class TraceReads(ReaderAdmission admission, TimeProvider clock, ILogger<TraceReads> logger) : IDisposable
{
    // Each may hold a trace of fifty thousand spans, and the answer made of it.
    private static readonly int s_most = Math.Max(4, Environment.ProcessorCount);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    // Whoever does not look at the time is told by this.
    private static readonly TimeSpan s_end = 3 * ReadScope.Time;

    private readonly SemaphoreSlim _turns = new(s_most, s_most);

    /// <summary>Writes a refusal.</summary>
    internal delegate IResult Refuse(int status, string message);

    /// <summary>Answers a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="refuse">How the protocol writes refusals.</param>
    /// <param name="read">Finds the answer.</param>
    /// <param name="isLight">Whether it reads names or numbers alone, for which nobody waits.</param>
    public async Task<IResult> AnswerAsync(HttpContext context, Refuse refuse, Func<ReadScope, Task<IResult>> read, bool isLight = false)
    {
        try
        {
            var (project, refusal) = await admission.AdmitAsync(context);
            if (project is null)
            {
                if (refusal!.Error.Status == StatusCodes.Status401Unauthorized)
                {
                    context.Response.Headers.WWWAuthenticate = "Basic realm=\"traces\", charset=\"UTF-8\"";
                }

                if (refusal.IsPassing)
                {
                    context.Response.Headers.RetryAfter = "1";
                }

                return Name(context, refuse, refusal.Error.Status, refusal.Reason, refusal.Error);
            }

            if (!isLight && !await WaitAsync(context.RequestAborted))
            {
                context.Response.Headers.RetryAfter = "1";
                return Name(context, refuse, StatusCodes.Status503ServiceUnavailable, "too many traces are being read; try again");
            }

            try
            {
                using var end = new CancellationTokenSource(s_end, clock);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, end.Token);
                var scope = new ReadScope(project, clock, either.Token);
                var answer = await read(scope);
                if (scope.Partial is not null)
                {
                    context.Response.Headers["X-Result-Truncated"] = "true";
                }

                return answer;
            }
            finally
            {
                if (!isLight)
                {
                    _turns.Release();
                }
            }
        }
        catch (ReadException e)
        {
            return Name(context, refuse, e.Status, e.Message);
        }
        catch (StorageException e)
        {
            LogFault(e, context.Request.Method, context.Request.Path.Value ?? "");
            return Name(context, refuse, StatusCodes.Status500InternalServerError, e.Fault is StorageFault.Corrupt
                ? "the part of the store of traces that holds it is damaged; /readyz and the log name the file"
                : "the store of traces cannot be read at the moment");
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return Name(context, refuse, StatusCodes.Status504GatewayTimeout, string.Create(CultureInfo.InvariantCulture, $"it was given up after {s_end.TotalSeconds:0} s"));
        }
    }

    public void Dispose() => _turns.Dispose();

    private static IResult Name(HttpContext context, Refuse refuse, int status, string message, ErrorDefinition? error = null)
    {
        ErrorWriter.Name(context.Response, error ?? ReadCodes.Of(status), Text.Repair(message));
        return refuse(status, message);
    }

    private async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        using var impatience = new CancellationTokenSource(s_patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, impatience.Token);
        try
        {
            await _turns.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    [LoggerMessage(LogLevel.Error, "Traces cannot be read for {Method} {Path}")]
    private partial void LogFault(Exception exception, string method, string path);
}
