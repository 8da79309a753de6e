using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Packages;
using Stagedoor.Images.PageUploads;
using Stagedoor.Images.Requests;
using Stagedoor.Storage;

namespace Stagedoor.Images.UploadSessions;

/// <summary><c>PUT /v2/manage/sessions/{session_id}/files/{file_name}</c>: a piece of the file. It counts as a whole, or not at all.</summary>
internal sealed class AppendSession(SessionStore store, Sessions sessions, IOptions<PageUploadOptions> options, IOptions<PackageOptions> packages)
{
    internal sealed record Response(long Offset);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut(
            "/sessions/{session_id}/files/{file_name}",
            static (string session_id, string file_name, HttpContext context, Caller caller, AppendSession append) => append.HandleAsync(session_id, file_name, context, caller))
        .WithName(nameof(AppendSession))
        .WithSummary("Upload the next piece of a file")
        .PathParameter("file_name", "The name of the file, as the session was begun with.")
        .HeaderParameter("Content-Range", "Which bytes of the file these are: bytes FIRST-LAST/TOTAL, where TOTAL may be *.", isRequired: true)
        .TakesForm()
        .Answers<Response>(200, "How far the file has come.")
        .Action("swr:session:appendSession")
        .NotAudited("a file comes in many pieces; its end is recorded")
        .FaultsAs(ImagesCodes.UpdateStatusFailed)
        .CanFail(
            ImagesCodes.InvalidSessionId,
            ImagesCodes.SessionNotFound,
            ImagesCodes.InvalidFileName,
            ImagesCodes.ParseFormFailed,
            ImagesCodes.FormFileMissing,
            ImagesCodes.GetFormFileFailed,
            ImagesCodes.ParseFormFileFailed,
            ImagesCodes.ParameterMissing,
            ImagesCodes.InvalidParameter,
            ImagesCodes.BindSessionFailed,
            ImagesCodes.FileTooLarge,
            ImagesCodes.SystemBusy,
            ImagesCodes.SessionLockFailed,
            ImagesCodes.ReadSessionFailed,
            ImagesCodes.GetOrganizationFailed,
            ImagesCodes.SeekFailed,
            ImagesCodes.SaveFileFailed,
            ImagesCodes.SaveLayerFailed,
            ImagesCodes.ObjectStorageUnavailable);

    private async Task<IResult> HandleAsync(string id, string fileName, HttpContext context, Caller caller)
    {
        var cancellationToken = context.RequestAborted;
        var session = await sessions.OpenAsync(id, caller, cancellationToken);
        if (!PackageName.IsValidFile(fileName))
        {
            return ImagesError.InvalidFileName(fileName);
        }

        var largest = session.IsApp ? packages.Value.MaxFileBytes : options.Value.MaxFileBytes;
        var form = UploadForm.Open(context, largest + PageUploadOptions.FormBytes);
        var part = await FindFileAsync(form, cancellationToken);
        var range = PieceRange.Parse(context.Request.Headers.ContentRange.ToString());
        await CheckAsync(session, fileName, caller, cancellationToken);
        if (range.End > largest || range.Total > largest)
        {
            return session.IsApp ? ImagesError.PackageFileTooLarge(fileName, largest) : ImagesError.UploadedFileTooLarge(fileName, largest);
        }

        await using var turn = await sessions.TakeTurnAsync(session.Id, ImagesCodes.SessionLockFailed, cancellationToken);

        // Only now: whoever had the turn before has written.
        session = await sessions.OpenAsync(id, caller, cancellationToken);
        await CheckAsync(session, fileName, caller, cancellationToken);
        CheckPlace(session, range);
        var failed = session.IsApp ? ImagesCodes.SaveFileFailed : ImagesCodes.SaveLayerFailed;
        await using var staged = await sessions.OpenStagedAsync(session, failed, ImagesCodes.SeekFailed, cancellationToken);
        await ReceiveAsync(form, part, range, session, staged, failed, cancellationToken);
        return TypedResults.Json(new Response(range.End), UploadSessionsJson.Wire.AppendSessionResponse);
    }

    private static async Task<FormPart> FindFileAsync(UploadForm form, CancellationToken cancellationToken)
    {
        while (await form.FindNextAsync(cancellationToken) is { } part)
        {
            if (part.IsFile)
            {
                return part;
            }
        }

        throw ImagesError.FormFileMissing();
    }

    private static void CheckPlace(UploadSession session, PieceRange range)
    {
        if (range.First != session.Received)
        {
            throw ImagesError.PieceOutOfPlace(range.First, session.Received);
        }

        if (session.Size >= 0 && (range.End > session.Size || (range.Total >= 0 && range.Total != session.Size)))
        {
            throw ImagesError.InvalidParameter($"the session was begun for a file of {session.Size} bytes");
        }
    }

    private async Task CheckAsync(UploadSession session, string fileName, Caller caller, CancellationToken cancellationToken)
    {
        await sessions.BindAsync(session, caller, isEnding: false, cancellationToken);
        if (!string.Equals(session.FileName, fileName, StringComparison.Ordinal))
        {
            throw ImagesError.SessionNotBound(session.Id, $"its file is {session.FileName}");
        }
    }

    private async Task ReceiveAsync(
        UploadForm form, FormPart part, PieceRange range, UploadSession session, IBlobUpload staged, ErrorDefinition failed, CancellationToken cancellationToken)
    {
        var isSaved = false;
        try
        {
            await foreach (var bytes in part.ReadAsync(cancellationToken))
            {
                if (staged.Length + bytes.Length > range.End)
                {
                    throw ImagesError.InvalidParameter($"the file part has more bytes than Content-Range says ({range.Length})");
                }

                await staged.AppendAsync(bytes, cancellationToken).AsTask().FaultAsStore(failed);
            }

            if (staged.Length != range.End)
            {
                throw ImagesError.InvalidParameter($"the file part has {staged.Length - range.First} bytes, Content-Range says {range.Length}");
            }

            // What is cut off may have lost more than its end.
            while (await form.FindNextAsync(cancellationToken) is { } other)
            {
                if (other.IsFile)
                {
                    throw ImagesError.TooManyFormFiles(1);
                }
            }

            var text = await staged.SaveAsync(cancellationToken).FaultAsStore(failed);
            isSaved = await store.AdvanceAsync(session, staged.Length, text, CancellationToken.None).FaultAs(ImagesCodes.UpdateStatusFailed)
                ? true
                : throw ImagesError.SessionBusy(session.Id);
        }
        finally
        {
            if (!isSaved)
            {
                await RevertAsync(staged);
            }
        }
    }

    // Bytes that no row speaks of are cut off by whoever goes on, and dropped with the session.
    private static async Task RevertAsync(IBlobUpload staged)
    {
        try
        {
            await staged.RevertAsync(CancellationToken.None);
        }
        catch (StorageException)
        {
        }
    }
}

/// <summary>Which bytes of a file a piece has.</summary>
/// <param name="First">The first.</param>
/// <param name="End">The one behind the last.</param>
/// <param name="Total">How long the whole file is; -1 when that is not known.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PieceRange(long First, long End, long Total)
{
    public long Length => End - First;

    /// <summary>Reads a <c>Content-Range</c>.</summary>
    /// <exception cref="ApiException">There is none, or it is none.</exception>
    public static PieceRange Parse(string text)
    {
        if (text.Length == 0)
        {
            throw ImagesError.ParameterMissing("a piece needs the header Content-Range: bytes FIRST-LAST/TOTAL");
        }

        var unit = text.StartsWith("bytes ", StringComparison.OrdinalIgnoreCase) ? text["bytes ".Length..].Trim() : "";
        var (dash, slash) = (unit.IndexOf('-', StringComparison.Ordinal), unit.IndexOf('/', StringComparison.Ordinal));
        return dash > 0 && slash > dash
            && TryParse(unit[..dash], out var first)
            && TryParse(unit[(dash + 1)..slash], out var last)
            && last >= first
            && last < long.MaxValue
            && (unit[(slash + 1)..] is "*" ? (IsKnown: true, Total: -1L) : (IsKnown: TryParse(unit[(slash + 1)..], out var whole), Total: whole)) is (true, var total)
            && (total < 0 || total > last)
            ? new(first, last + 1, total)
            : throw ImagesError.InvalidParameter($"Content-Range is '{Text.Cut(Text.Repair(text), 128)}', expected bytes FIRST-LAST/TOTAL");
    }

    private static bool TryParse(string text, out long value) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
