using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Packages;

/// <summary>A form whose part <c>file</c> is the file. It is read as it arrives.</summary>
internal sealed class PackageForm
{
    private const string FilePart = "file";

    // What RFC 2046 allows.
    private const int MaxBoundary = 70;

    private static readonly string[] s_encodings = ["7bit", "8bit", "binary"];

    private readonly MultipartReader _reader;

    private PackageForm(MultipartReader reader) => _reader = reader;

    /// <summary>The codes that it refuses with.</summary>
    public static ErrorDefinition[] Refusals =>
        [ImagesCodes.ParseFormFailed, ImagesCodes.FormFileMissing, ImagesCodes.GetFormFileFailed, ImagesCodes.ParseFormFileFailed, ImagesCodes.InvalidParameter];

    /// <summary>The form of a request; null when its body is none, and so the file itself.</summary>
    /// <exception cref="ApiException">It says that it is a form, and not where its parts end.</exception>
    public static PackageForm? Find(HttpRequest request)
    {
        if (request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) is not true)
        {
            return null;
        }

        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? HeaderUtilities.RemoveQuotes(type.Boundary).ToString() : "";
        return boundary.Length is > 0 and <= MaxBoundary
            ? new(new(boundary, request.Body) { BodyLengthLimit = null })
            : throw Unreadable($"Content-Type is '{Text.Cut(request.ContentType, 100)}', which names no boundary");
    }

    /// <summary>The bytes of the part <c>file</c>.</summary>
    /// <exception cref="ApiException">There is none, or what comes before it is no form.</exception>
    public async Task<Stream> OpenFileAsync(CancellationToken cancellationToken)
    {
        while (await NextAsync(cancellationToken) is { } section)
        {
            if (IsFile(section))
            {
                return new PartStream(section.Body);
            }
        }

        throw new ApiException(ImagesCodes.FormFileMissing, $"the form has no part named '{FilePart}'");
    }

    /// <summary>Reads what comes after the file, to the end of the form.</summary>
    /// <exception cref="ApiException">It does not end, or there is another file.</exception>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        while (await NextAsync(cancellationToken) is { } section)
        {
            if (IsFile(section))
            {
                throw ImagesError.InvalidParameter($"the form has several parts named '{FilePart}'");
            }
        }
    }

    private static bool IsFile(MultipartSection section)
    {
        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) || !disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase))
        {
            throw Unusable($"Content-Disposition of a part is '{Text.Cut(Text.Repair(section.ContentDisposition ?? ""), 100)}'");
        }

        if (!HeaderUtilities.RemoveQuotes(disposition.Name).Equals(FilePart, StringComparison.Ordinal))
        {
            return false;
        }

        if (HeaderUtilities.RemoveQuotes(disposition.FileName).Length == 0 && HeaderUtilities.RemoveQuotes(disposition.FileNameStar).Length == 0)
        {
            throw new ApiException(ImagesCodes.GetFormFileFailed, $"the part '{FilePart}' has no filename");
        }

        if (section.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) is true)
        {
            throw Unusable($"the part '{FilePart}' is a form itself");
        }

        var encoding = section.Headers?.TryGetValue("Content-Transfer-Encoding", out var value) is true ? value.ToString().Trim() : "";
        return encoding.Length == 0 || s_encodings.Contains(encoding, StringComparer.OrdinalIgnoreCase)
            ? true
            : throw Unusable($"Content-Transfer-Encoding is '{Text.Cut(Text.Repair(encoding), 100)}'");
    }

    private static ApiException Unreadable(string problem, Exception? inner = null) => new(ImagesCodes.ParseFormFailed, problem, inner);

    private static ApiException Unusable(string problem, Exception? inner = null) => new(ImagesCodes.ParseFormFileFailed, problem, inner);

    private async Task<MultipartSection?> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _reader.ReadNextSectionAsync(cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw Unusable("the headers of a part are too many, too long, or none", e);
        }
        catch (IOException e) when (FormProblem.IsOne(e))
        {
            throw Unreadable("the form ends before its last boundary", e);
        }
    }

    // The end of a part is the boundary behind it; where that does not come, the form is none.
    private sealed class PartStream(Stream inner) : Storage.ContentStream
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await inner.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception e) when (FormProblem.IsOne(e))
            {
                throw Unreadable("the form ends before its last boundary", e);
            }
        }
    }
}
