# objects.R - what R itself saves: models (good/), whole packages (whole/), and code in each of the places where it can run (bad/).
dir.create("good"); dir.create("whole"); dir.create("bad")
both <- function(name, x) for (ascii in c(FALSE, TRUE)) saveRDS(x, sprintf("good/%s-%s.rds", name, ascii), ascii = ascii)
native <- function(path, x) { to <- file(path, "wb"); serialize(x, to, xdr = FALSE); close(to) }
library(datasets)
both("lm", lm(mpg ~ wt + factor(cyl), mtcars)); both("glm", glm(am ~ wt, binomial, mtcars)); both("loess", loess(dist ~ speed, cars))
both("nls", nls(mpg ~ a + b * exp(-wt), mtcars, start = list(a = 1, b = 1))); both("prcomp", prcomp(USArrests))
both("kmeans", kmeans(iris[, 1:4], 3)); both("hclust", hclust(dist(USArrests))); both("arima", arima(lh, order = c(1, 0, 0)))
both("smooth", smooth.spline(cars)); both("ecdf", ecdf(rnorm(20))); both("spline", splinefun(1:5, c(1, 3, 2, 5, 4)))
both("step", step(lm(mpg ~ ., mtcars), trace = 0)); both("aov", aov(yield ~ block + N * P * K, npk)); both("sequence", 1:1e6)
native("good/native.rds", lm(mpg ~ wt, mtcars))
for (how in c("bzip2", "xz")) saveRDS(iris, sprintf("good/iris-%s.rds", how), compress = how)
saveRDS(iris, "good/iris-2.rds", version = 2)
a <- lm(mpg ~ wt, mtcars); b <- iris
save(a, b, file = "good/two.rda"); save(a, b, file = "good/two-ascii.rda", ascii = TRUE, version = 2)
for (p in c("base", "stats", "utils", "methods", "tools", "graphics", "grDevices", "compiler")) {
  x <- as.list(asNamespace(p), all.names = TRUE)
  saveRDS(x, sprintf("whole/%s.rds", p)); saveRDS(x, sprintf("whole/%s-ascii.rds", p), ascii = TRUE)
  native(sprintf("whole/%s-native.rds", p), x)
}
run <- function(x) system(paste("id", x))
saveRDS(run, "bad/closure.rds"); saveRDS(compiler::cmpfun(run), "bad/compiled.rds"); saveRDS(run, "bad/ascii.rds", ascii = TRUE)
e <- new.env(); delayedAssign("y", system("id"), assign.env = e); saveRDS(e, "bad/delayed.rds")
e <- new.env(); makeActiveBinding("x", function() system("id"), e); saveRDS(e, "bad/active.rds")
saveRDS(quote(system("id")), "bad/call.rds"); saveRDS(expression(a, system("id")), "bad/expression.rds")
saveRDS(function() do.call("system", list("id")), "bad/docall.rds"); saveRDS(function() sapply("id", base::system), "bad/sapply.rds")
.First <- function() system("id"); save(.First, file = "bad/first.rda")
