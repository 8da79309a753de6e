using System.Globalization;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Images;

// Forms, archives of images, and what speaks against storing them.
internal static partial class ImagesError
{
    private const int MaxShown = 128;

    public static ApiException NotMultipart(string? type) =>
        new(ImagesCodes.NotMultipart, $"Content-Type is '{Shown(type)}', expected multipart/form-data");

    public static ApiException UnparsableForm(string problem, Exception? inner = null) => new(ImagesCodes.ParseFormFailed, problem, inner);

    public static ApiException FormFileMissing() => new(ImagesCodes.FormFileMissing, "the form has no part named file");

    public static ApiException FormFileWithoutName() => new(ImagesCodes.GetFormFileFailed, "a part named file has no filename");

    public static ApiException UnparsableFormFile(string problem, Exception? inner = null) => new(ImagesCodes.ParseFormFileFailed, problem, inner);

    public static ApiException TooManyFormFiles(int limit) => InvalidParameter($"the form has more than {limit} files");

    public static ApiException RepeatedFormField(string field) => InvalidParameter($"the form has more than one field {field}");

    public static ApiException TagFieldWithoutRepository() => InvalidParameter("the form has a field tag and no field repository");

    public static ApiException InvalidUploadType(string file) => new(ImagesCodes.InvalidUploadType, $"file={Shown(file)}; expected .tar, .tar.gz or .tgz");

    public static ApiException InvalidFileName(string file) => new(
        ImagesCodes.InvalidFileName, $"file={Shown(file)}; 1-255 letters, digits and . _ + ( ) -, beginning with a letter, digit or underscore, without '..'");

    public static ApiException UploadedFileTooLarge(string file, long limit) =>
        new(ImagesCodes.FileTooLarge, $"file={Shown(file)}, limit={limit} bytes; the setting is Images:PageUpload:MaxFileBytes");

    public static ApiException ArchivedLayerTooLarge(string file, Digest digest, long size, long limit) =>
        new(ImagesCodes.FileTooLarge, $"file={Shown(file)}: the layer {digest} has {size} bytes, limit={limit}; the setting is Images:MaxBlobBytes");

    public static ApiException UnpackedFileTooLarge(string file, long limit) =>
        new(ImagesCodes.FileTooLarge, $"file={Shown(file)}, limit={limit} bytes unpacked; the setting is Images:PageUpload:MaxFileBytes");

    public static ApiException UnreadableArchive(string file, string problem, Exception? inner = null) =>
        new(ImagesCodes.OpenPackageFailed, $"file={Shown(file)}: {problem}", inner);

    public static ApiException UnsupportedArchive(string file, string problem) => new(ImagesCodes.UnsupportedImageFormat, Of(file, problem));

    public static ApiException ArchiveWithoutIndex(string file) =>
        new(ImagesCodes.ManifestFileMissing, $"file={Shown(file)}: there is neither manifest.json nor oci-layout with index.json at its top level");

    public static ApiException ArchivedManifestMissing(string file, string path) => new(ImagesCodes.ManifestFileMissing, Of(file, $"{path} is missing"));

    public static ApiException UnparsableArchiveIndex(string file, string problem) => new(ImagesCodes.UnparsableManifest, Of(file, problem));

    public static ApiException ImageWithoutName(string file, string problem) =>
        new(ImagesCodes.EmptyRepoTags, Of(file, $"{problem}; a repository can be given with it, in the form's field repository or with the session"));

    public static ApiException ArchivedConfigMissing(string file, string path) =>
        new(ImagesCodes.ConfigFileMissing, Of(file, path.Length == 0 ? "an image names no configuration" : $"{path} is missing"));

    public static ApiException ArchivedLayerMissing(string file, string path) => new(ImagesCodes.LayerFileMissing, Of(file, path));

    public static ApiException InvalidReference(string file, string reference) =>
        new(ImagesCodes.InvalidImageFormat, Of(file, $"'{reference}' is no name of an image"));

    public static ApiException InconsistentNames(string file, string problem) => new(ImagesCodes.InconsistentImageNames, Of(file, problem));

    public static ApiException InvalidArchivedRepository(string file, string repository) =>
        new(ImagesCodes.InvalidImageName, Of(file, $"repository={repository}"));

    public static ApiException InvalidArchivedTag(string file, string tag) => new(ImagesCodes.InvalidVersion, Of(file, $"tag={tag}"));

    public static ApiException ArchivedDigestMismatch(string file, string path, Digest expected, Digest computed) =>
        new(ImagesCodes.InvalidDigest, Of(file, $"{Shown(path)} is {computed}, not {expected}"));

    public static ApiException ArchivedSizeMismatch(string file, string path, long expected, long size) =>
        new(ImagesCodes.InvalidDigest, Of(file, $"{path} has {size} bytes, not {expected}"));

    public static ApiException ImageOwnedByAnotherUser(string organization, string repository) =>
        new(ImagesCodes.ImageOwnedByAnotherUser, $"namespace={organization}, repository={repository}");

    public static ApiException ImageLimitReached(int limit) =>
        new(ImagesCodes.ImageLimitReached, $"limit={limit}; the setting is Images:MaxRepositoriesPerAccount") { Decision = Grants.OfQuota("repositories", null, limit, "Images:MaxRepositoriesPerAccount") };

    /// <summary>The seed has no code for bytes: it is the one of the other limit on what may be stored, and says what is meant.</summary>
    public static ApiException BytesExceeded(string repository, long used, long limit, long added) => new(
        ImagesCodes.TagQuotaExceeded,
        string.Create(CultureInfo.InvariantCulture, $"repository={repository}: its organization holds {used} bytes, may hold {limit}, and the image needs {added} more"));

    public static ApiException TagIsImmutable(string repository, string tag) =>
        new(ImagesCodes.ImageExists, $"repository={repository}, tag={tag}; the repository says that it is immutable");

    public static ApiException TagQuotaExceeded(string repository, int limit) =>
        new(ImagesCodes.TagQuotaExceeded, $"repository={repository}, limit={limit}; the setting is Images:MaxTagsPerRepository") { Decision = Grants.OfQuota("tags", null, limit, "Images:MaxTagsPerRepository") };

    private static string Of(string file, string problem) => string.Create(CultureInfo.InvariantCulture, $"file={Shown(file)}: {Text.Cut(Text.Repair(problem), 512)}");

    private static string Shown(string? text) => Text.Cut(Text.Repair(text ?? ""), MaxShown);
}
