using Microsoft.AspNetCore.Http;
using Stagedoor.Http;

namespace Stagedoor.Images.Packages;

/// <summary>What changes of packages are answered with.</summary>
internal static class PackageAnswers
{
    /// <summary>201 with nothing to say.</summary>
    public static IResult Created() => TypedResults.Json(Empty.Value, PackagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created);

    /// <summary>The answer of a change that went as it should, or to something that is not there any more.</summary>
    public static IResult Created(this PackageChange change, PackagePath path) => change is PackageChange.Done ? Created() : ImagesError.PackageNotFound(path);

    /// <summary>The answer of a deletion.</summary>
    /// <param name="change">What became of it.</param>
    /// <param name="path">What was to be deleted.</param>
    /// <param name="notEmpty">What it is refused with when there is something in it.</param>
    public static IResult Deleted(this PackageChange change, PackagePath path, Func<ApiException>? notEmpty = null) => change switch
    {
        PackageChange.Done => TypedResults.NoContent(),
        PackageChange.NotEmpty when notEmpty is not null => notEmpty(),
        _ => ImagesError.PackageNotFound(path),
    };
}
