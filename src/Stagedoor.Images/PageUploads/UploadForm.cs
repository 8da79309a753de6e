using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.PageUploads;

/// <summary>A form with files, part by part as it arrives. Nothing of a file is held in memory.</summary>
internal sealed class UploadForm
{
    private const int MaxBoundary = 70;
    private const int MaxHeaders = 16;
    private const int MaxHeaderBytes = 16 * 1024;
    private const int BufferBytes = 64 * 1024;

    private static readonly string[] s_plainEncodings = ["7bit", "8bit", "binary"];

    private readonly MultipartReader _reader;
    private readonly Stream _body;

    private UploadForm(Stream body, string boundary)
    {
        _body = body;
        _reader = new(boundary, body, BufferBytes) { HeadersCountLimit = MaxHeaders, HeadersLengthLimit = MaxHeaderBytes };
    }

    /// <summary>Begins to read the form of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="largest">The most bytes of the whole form.</param>
    /// <exception cref="ApiException">It says no boundary.</exception>
    public static UploadForm Open(HttpContext context, long largest)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = largest;
        }

        if (context.Request.ContentLength > largest)
        {
            throw ImagesError.BodyTooLarge(largest);
        }

        var boundary = MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) ? HeaderUtilities.RemoveQuotes(type.Boundary).Value : null;
        return boundary is { Length: > 0 and <= MaxBoundary }
            ? new(context.Request.Body, boundary)
            : throw ImagesError.UnparsableForm("the Content-Type says no boundary, or one of more than 70 characters");
    }

    /// <summary>The next part; null at the end.</summary>
    /// <exception cref="ApiException">What comes is no form, or the part cannot be read.</exception>
    public async Task<FormPart?> FindNextAsync(CancellationToken cancellationToken)
    {
        MultipartSection? section;
        try
        {
            section = await _reader.ReadNextSectionAsync(cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw ImagesError.UnparsableFormFile("the headers of a part are malformed, too many or too long", e);
        }
        catch (IOException e) when (FormProblem.IsOne(e))
        {
            throw ImagesError.UnparsableForm("it does not come to its end, or begins with another boundary than its Content-Type says", e);
        }

        if (section is null)
        {
            // What may stand behind a form means nothing, but at the end of the body it is asked whether the caller still may.
            await _body.CopyToAsync(Stream.Null, cancellationToken);
            return null;
        }

        if (section.Headers is not { Count: > 0 })
        {
            throw ImagesError.UnparsableForm("a part has no headers, as where a form is cut off behind a boundary");
        }

        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) || !disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase))
        {
            throw ImagesError.UnparsableFormFile("a part has no Content-Disposition of a form");
        }

        var file = disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName;
        var part = new FormPart(section, HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "", HeaderUtilities.RemoveQuotes(file).Value ?? "");
        return part.IsFile ? Checked(part) : part;
    }

    // What else a file may say of itself would have to be undone.
    private static FormPart Checked(FormPart part)
    {
        var section = part.Section;
        return part.FileName.Length == 0 ? throw ImagesError.FormFileWithoutName()
            : section.ContentType is { } type && type.TrimStart().StartsWith("multipart/", StringComparison.OrdinalIgnoreCase)
                ? throw ImagesError.UnparsableFormFile("a part named file is itself of several parts")
            : section.Headers?.TryGetValue("Content-Transfer-Encoding", out var encoding) == true
                && !s_plainEncodings.Contains(encoding.ToString().Trim(), StringComparer.OrdinalIgnoreCase)
                ? throw ImagesError.UnparsableFormFile("a part named file has a Content-Transfer-Encoding, which is not undone")
            : part;
    }
}

/// <summary>A part of a form.</summary>
/// <param name="Section">What is sent.</param>
/// <param name="Name">The field's name.</param>
/// <param name="FileName">The file's name; empty when it has none.</param>
internal sealed record FormPart(MultipartSection Section, string Name, string FileName)
{
    private const int MaxText = 1024;
    private const int BufferBytes = 128 * 1024;

    public bool IsFile => Name is "file";

    /// <summary>The value of a field of text.</summary>
    /// <exception cref="ApiException">It is too long, or is no text.</exception>
    public async Task<string> ReadTextAsync(CancellationToken cancellationToken)
    {
        var bytes = new byte[MaxText + 1];
        var length = 0;
        await foreach (var piece in ReadAsync(cancellationToken))
        {
            if (length + piece.Length > MaxText)
            {
                throw ImagesError.InvalidParameter($"{Text.Cut(Text.Repair(Name), 64)} has more than {MaxText} bytes");
            }

            piece.CopyTo(bytes.AsMemory(length));
            length += piece.Length;
        }

        return Encoding.UTF8.GetString(bytes, 0, length) is var text && Text.IsStorable(text) ? text : throw ImagesError.InvalidParameter("a field is no text");
    }

    /// <summary>Puts a file aside.</summary>
    /// <exception cref="ApiException">It is too large, or there is no room for it.</exception>
    public async Task<UploadedFile> SpoolAsync(SpoolFolder folder, long largest, CancellationToken cancellationToken)
    {
        SpooledFile? spooled = null;
        try
        {
            spooled = folder.CreateSpooled();
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await foreach (var piece in ReadAsync(cancellationToken))
            {
                if (spooled.Length + piece.Length > largest)
                {
                    throw ImagesError.UploadedFileTooLarge(FileName, largest);
                }

                hash.AppendData(piece.Span);
                await spooled.AppendAsync(piece, cancellationToken);
            }

            var file = new UploadedFile(FileName, spooled, Digest.Sha256(hash.GetHashAndReset()));
            spooled = null;
            return file;
        }
        catch (Storage.StorageException fault)
        {
            throw new ApiException(ImagesCodes.ReadFormFileFailed, inner: fault);
        }
        finally
        {
            spooled?.Dispose();
        }
    }

    /// <summary>The bytes as they come; each piece is good until the next.</summary>
    /// <exception cref="ApiException">The form ends in the middle of the part.</exception>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (await ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                yield return buffer.AsMemory(0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await Section.Body.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException e) when (FormProblem.IsOne(e))
        {
            throw ImagesError.UnparsableForm("it ends in the middle of a part", e);
        }
    }
}
