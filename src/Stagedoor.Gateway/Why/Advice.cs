using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Gateway.Arrival;
using Stagedoor.Http.Decisions;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Why;

/// <summary>The one sentence that says what to change. It names only what exists.</summary>
internal static class Advice
{
    private const int MaxDetail = 240;

    /// <summary>For a request.</summary>
    /// <param name="refusal">The request.</param>
    /// <param name="stage">The stage that refused it.</param>
    /// <param name="nearest">The route that was perhaps meant.</param>
    /// <param name="found">What was signed otherwise.</param>
    public static string Of(Refusal refusal, string stage, NearRoute? nearest, SignatureFinding? found)
    {
        var text = refusal.Signature is { } signature ? OfSignature(signature, found)
            : refusal.Error?.Decision?.Change
            ?? refusal.Steps.LastOrDefault(s => string.Equals(s.Stage, stage, StringComparison.Ordinal) && s.Change is not null)?.Change
            ?? OfCode(refusal, stage, nearest)
            ?? OfCause(refusal)
            ?? OfRemedy(refusal);
        return Sentence(text
            .Replace("{user}", Word(refusal.Caller?.UserName ?? refusal.Owner?.Name ?? "USER"), StringComparison.Ordinal)
            .Replace("{project}", Word(refusal.Caller?.ProjectName ?? refusal.Project ?? "PROJECT"), StringComparison.Ordinal));
    }

    /// <summary>The first sentence of a remedy.</summary>
    public static string FirstSentence(string text)
    {
        for (var i = text.IndexOf(". ", StringComparison.Ordinal); i >= 0; i = text.IndexOf(". ", i + 1, StringComparison.Ordinal))
        {
            if (i + 2 < text.Length && char.IsUpper(text[i + 2]))
            {
                return text[..(i + 1)];
            }
        }

        return text;
    }

    /// <summary>A name as a command line takes it.</summary>
    public static string Word(string name) =>
        name.Length > 0 && name[0] is not '-' && name.All(static c => char.IsAsciiLetterOrDigit(c) || "_-.@:/+=,%".Contains(c, StringComparison.Ordinal)) ? name
            : $"'{name.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string OfSignature(RefusedSignature refused, SignatureFinding? found) => found is not null
        ? $"With the access key {refused.Signature.AccessKey}, {found.Change}."
        : $"Look whether the secret key in the client is the one of the access key {refused.Signature.AccessKey}, else compare what it signs line by line with the canonical request below: no usual mistake explains the signature.";

    private static string? OfCode(Refusal refusal, string stage, NearRoute? nearest)
    {
        var error = refusal.Error;
        if (stage is DecisionStage.Storage && Stages.FindFault(error) is { } fault)
        {
            return OfFault(fault);
        }

        if (stage is DecisionStage.Route)
        {
            return refusal.AllowedMethods is { } methods ? $"Call {refusal.Path} with {methods}, and not with {refusal.Method}."
                : nearest is not { } near ? $"Call a path that is served: GET /openapi lists the descriptions of all, and {refusal.Path} is in none."
                : refusal.Template is null && Matches(near.Template, refusal.Path) && near.IsElsewhere ? $"Call {refusal.Path} at {near.Port}: the port that you called does not serve it."
                : refusal.Template is null && Matches(near.Template, refusal.Path) && !near.Takes(refusal.Method) ? $"Call {refusal.Path} with {near.Methods}, and not with {refusal.Method}."
                : $"Call {near.Template} ({near.Methods}): there is no {refusal.Path}.";
        }

        return error?.Error switch
        {
            null => null,
            { } row when row == GatewayCodes.UriTooLarge => $"Shorten the address to at most {RequestLimits.MaxLine} bytes, for example by several calls with a part of the list each.",
            { } row when row == GatewayCodes.HeadersTooLarge =>
                $"Send headers of at most {RequestLimits.MaxHeader} bytes each and {RequestLimits.MaxHeaders} bytes together.",
            { } row when row == GatewayCodes.ProtocolNotSupported => "Call the address with https:// instead of http://, or let the operator switch off the setting Gateway:RequireHttps.",
            { } row when row == GatewayCodes.MalformedRequest => $"Send the request so that this is no longer so: {error.Detail}.",
            { } row when row == GatewayCodes.BadRequest && error.Detail.Length > 0 => $"Correct the request: {Shortened(error.Detail)}.",
            { } row when row == GatewayCodes.BodyTooLarge && error.Detail.Length > 0 => $"Send less: {Shortened(error.Detail)}.",
            { } row when row == GatewayCodes.Internal => "Repeat the call once, and when it fails again give the operator this request id, under which the server's log has the cause.",
            _ => null,
        };
    }

    // What the answer knows of this request is nearer than what its code means in general.
    private static string? OfCause(Refusal refusal)
    {
        // A name with its value says which thing it is about, and not what is wrong with it.
        var cause = refusal.Error is not { } error ? refusal.Said
            : error.Status is StatusCodes.Status400BadRequest or StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType
                && !error.Detail.Split(' ', 2)[0].Contains('=', StringComparison.Ordinal) ? error.Detail
            : null;
        if (cause is null or "")
        {
            return null;
        }

        cause = Shortened(cause);
        return refusal.Status switch
        {
            StatusCodes.Status401Unauthorized => $"Send a credential that is good here: {cause}.",
            StatusCodes.Status403Forbidden => $"Get the right that is missing: {cause}.",
            StatusCodes.Status404NotFound => $"Look whether what the path names is there: {cause}.",
            StatusCodes.Status409Conflict => $"Make room for it first: {cause}.",
            StatusCodes.Status413PayloadTooLarge => $"Send less: {cause}.",
            StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable when refusal.RetryAfter is { } after => $"Repeat the call after {after} s: {cause}.",
            < 500 => $"Correct the request: {cause}.",
            _ => null,
        };
    }

    // What a module refuses for is in its detail; what to do about it in general, in the catalogue.
    private static string OfRemedy(Refusal refusal)
    {
        var remedy = refusal.Error is { } error ? FirstSentence(error.Error.English.Remedy)
            : ErrorCatalog.Find(refusal.Code) is [var row, ..] ? FirstSentence(row.English.Remedy)
            : "Look at the answer, which says what is wrong.";
        return remedy;
    }

    private static string OfFault(StorageException fault) => fault.Fault switch
    {
        StorageFault.Full => "Let the operator make room on the disk or raise the quota of the store, and repeat the call.",
        StorageFault.Busy => "Repeat the call: another transaction held what it was to write, and nothing was changed.",
        StorageFault.Corrupt => "Let the operator restore the store from a backup: what it holds is not what was written (stagedoor doctor shows where).",
        StorageFault.Refused => "Send no text with half of a character or a NUL in it: the store can never hold it.",
        _ when fault.Store is StorageSource.Database => "Let the operator look at the database, which does not answer as it has to (stagedoor doctor, GET /readyz), and repeat the call.",
        _ => "Let the operator look at the store of blobs, which does not answer as it has to (stagedoor doctor, GET /readyz), and repeat the call.",
    };

    private static bool Matches(string template, string path)
    {
        var (theirs, ours) = (template.Split('/', StringSplitOptions.RemoveEmptyEntries), path.Split('/', StringSplitOptions.RemoveEmptyEntries));
        return theirs.Length == ours.Length && theirs.Zip(ours).All(static p => p.First.Contains('{', StringComparison.Ordinal) || string.Equals(p.First, p.Second, StringComparison.Ordinal));
    }

    private static string Shortened(string detail) => Text.Cut(detail, MaxDetail).TrimEnd('.', ' ');

    private static string Sentence(string text) => text.Length > 0 && text[^1] is not ('.' or '!' or '?') && !text.Contains("stagedoor admin", StringComparison.Ordinal) ? text + "." : text;
}
